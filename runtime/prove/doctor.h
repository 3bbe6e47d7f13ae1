/*
 * The two halves of `writ doctor`: what this host can enforce (doctor.c), and the proof (main.c).
 */
#ifndef WRIT_RUNTIME_PROVE_DOCTOR_H
#define WRIT_RUNTIME_PROVE_DOCTOR_H

/* All but --prove: the host's table and, with a bundle, its sandboxes'. Returns an exit status. */
int doctor_tell(char **argv);

#endif
