/* Elapsed time. */
#ifndef STRATA_BASE_CLOCK_H
#define STRATA_BASE_CLOCK_H

/* Seconds of a clock that only moves forward, from an arbitrary start. */
double clock_seconds(void);

#endif
