# What a site edits: three lines. Every job script reads this file on the first node.
# shellcheck shell=bash disable=SC2034

# 1. What the shell needs to find the libraries, as `module load openmpi openblas netcdf`.
:

# 2. The program; a path that is relative starts at the folder of `sbatch`.
strata=${STRATA:-build/release/strata}

# 3. How srun starts ranks (`srun --mpi=list` says what there is). Without --kill-on-bad-exit
#    a step goes on, and never ends, where the only rank of a node has died.
srun=(srun --mpi=pmix --kill-on-bad-exit)
