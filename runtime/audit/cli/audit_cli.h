/*
 * The verbs of writ-audit. argv[0] is the verb; they return the exit status (runtime/cli/cli.h).
 */
#ifndef WRIT_AUDIT_CLI_H
#define WRIT_AUDIT_CLI_H

/* The versions of what writ-audit is made of. */
int audit_verb_version(char **argv);

/* Questions to a human: what they are, and their answers. */
int audit_verb_pending(char **argv);
int audit_verb_approve(char **argv);
int audit_verb_reject(char **argv);

/* Users and their roles in an identity store. */
int audit_verb_users(char **argv);
/* "writ audit VERB ...": finds the verb behind it. */
int audit_verb_audit(char **argv);

/* The verbs of "writ audit"; argv[0] is theirs. */
int audit_sub_query(char **argv);
int audit_sub_tail(char **argv);
int audit_sub_stats(char **argv);
int audit_sub_export(char **argv);
int audit_sub_verify(char **argv);
int audit_sub_checkpoint(char **argv);
int audit_sub_alerts(char **argv);
int audit_sub_metrics(char **argv);
int audit_sub_backup(char **argv);
int audit_sub_rotate(char **argv);
int audit_sub_prune(char **argv);

#endif
