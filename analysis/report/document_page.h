/* What is the same in every HTML document: report.css and report.js, embedded when the
 * program is built, and their SHA-256 in base64. */
#ifndef STRATA_ANALYSIS_DOCUMENT_PAGE_H
#define STRATA_ANALYSIS_DOCUMENT_PAGE_H

extern const char document_style[], document_style_sha256[];
extern const char document_script[], document_script_sha256[];

#endif
