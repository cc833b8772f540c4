/* Points of an experiment as tasks of Slurm job arrays, on a cluster whose
 * nodes see the same files.
 *
 * Slurm's commands are used: sbatch, squeue, scontrol.  What sbatch takes from
 * its environment holds (SBATCH_PARTITION, SBATCH_TIMELIMIT and so on).  In the
 * experiment's folder, slurm/ has what was submitted: task.sh, the numbers of
 * the points, the jobs that are not gathered yet, and what tasks wrote. */
#ifndef SELKIRK_CLI_EXP_SLURM_H
#define SELKIRK_CLI_EXP_SLURM_H

#include "cli/exp_run.h"
#include "cli/options.h"

/* Like exp_run_points(), but waits for jobs that an earlier call has left, and
 * submits what they have not done.  `jobs` are the most at a time, 0: any.
 * After a signal the jobs go on.  EXP_END_HOST: Slurm refuses, too. */
ExpEnd exp_slurm_points(ExpRun *run, const Options *options, Diag *diag);

#endif
