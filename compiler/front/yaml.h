/*
 * The YAML form of a policy, translated to Writ.
 */
#ifndef WRIT_FRONT_YAML_H
#define WRIT_FRONT_YAML_H

#include "front/build.h"

/* Is this the name of a YAML file: does it end in .yaml or .yml? */
bool yaml_is_name(struct str path);

/*
 * Translates the YAML of parse->file, from byte offset begin, and makes parse->file and parse->text
 * the generated Writ, whose spans lead back (source_map). False when something was reported and
 * there is nothing to parse.
 */
bool yaml_translate(struct parse *parse, uint32_t begin);

/*
 * The Writ text of a YAML file of diags->sources, not formatted. False when something was reported,
 * also what only the grammar finds. Imports are not followed, and a policy line is not required.
 */
bool yaml_to_writ(struct diag_list *diags, uint32_t file, struct str *text);

#endif
