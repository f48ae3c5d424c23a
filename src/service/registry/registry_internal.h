/* What the files of service/registry share. */
#ifndef GIMLET_SERVICE_REGISTRY_INTERNAL_H
#define GIMLET_SERVICE_REGISTRY_INTERNAL_H

#include "deployment/gate/gate.h"
#include "registry.h"
#include "version_holes.h"

/* The files of a run that make a version, and where its data set lies. */
typedef struct {
    gm_registry_file *items;
    size_t count;
    gm_arena *arena;
} version_files;
gm_status version_files_of(const char *run_dir, version_files *out, gm_error *err) GM_MUST_CHECK;
void version_files_finish(version_files *files);
#define auto_version_files __attribute__((cleanup(version_files_finish))) version_files

/* What a version is made of, for people and programs that have no run any more: {"metrics", "signature", "n_folds",
 * "limits", "calibration", ...} */
gm_status version_facts(const char *run_dir, json_t **out, gm_error *err) GM_MUST_CHECK;

/* Milliseconds for one window through all folds on one processor; NAN when that fails. */
double version_latency(const char *dir);

/* Evidence for the gate, measured anew. Texts and groups live in the evidence's arena. */
typedef struct {
    gm_gate_evidence facts;
    version_holes holes;
    gm_arena *arena;
} version_evidence;
typedef struct {
    const char *model;
    long version, champion; /* 0 = none */
    const char *promoter;
    bool several_people;
    const gm_observer *observer;
} evidence_request;
gm_status version_evidence_collect(gm_registry *registry, const evidence_request *request, version_evidence *out,
                                   gm_error *err) GM_MUST_CHECK;
void version_evidence_finish(version_evidence *evidence);
#define auto_evidence __attribute__((cleanup(version_evidence_finish))) version_evidence

#endif
