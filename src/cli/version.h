/* The program's version and the commit that it was built from; written by the build. */
#ifndef STRATA_CLI_VERSION_H
#define STRATA_CLI_VERSION_H

enum { VERSION_TEXT_MAX = 96 };

extern const char strata_version[];

#endif
