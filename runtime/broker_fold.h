/*
 * Whether a name may stand for another that differs by case.
 */
#ifndef WRIT_RUNTIME_BROKER_FOLD_H
#define WRIT_RUNTIME_BROKER_FOLD_H

#include <stdbool.h>

/*
 * Is one of the directories that an absolute path goes through one whose names fold? True also
 * when that can't be told. The last name need not be there. The text is changed and restored.
 */
bool broker_folds(char *name);

#endif
