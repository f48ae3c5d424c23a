/* The gate: what a model has to show before it becomes the champion. Rules with limits in YAML; what fails is said in
 * numbers.
 *
 *     accuracy:
 *       exit_mae_mm: 0.15        the rule "accuracy", its limit for the exit
 *
 * For        service/registry, which collects the evidence.
 * Depends on base, training (metrics, the paired comparison).
 * Errors     GM_E_ARG: an unknown rule or key (names the nearest), a value out of range, with line and column.
 * Ownership  findings own their texts.
 * Threads    a gate is read by any number of threads. */
#ifndef GIMLET_DEPLOYMENT_GATE_H
#define GIMLET_DEPLOYMENT_GATE_H

#include "training/evaluation.h"
#include "training/paired.h"

#include <jansson.h>

/* ---- evidence: what is known of a model, measured anew from its files ---- */

typedef struct {
    const char *kind, *name; /* "family" "002_V2"; "program", "tool_age" */
    gm_metrics metrics;
} gm_gate_group;

typedef struct {
    /* of the holes that each fold has not seen, computed anew from the predictions */
    gm_metrics metrics;
    const gm_gate_group *groups;
    size_t n_groups;
    double told_mae_mm[GM_N_EVAL]; /* what metrics.json says; NAN = nothing */
    size_t holes_planned;          /* holes that the folds were made of     */
    /* folds */
    int folds, folds_trained, folds_found;
    size_t leaked_traces; /* equal traces in two folds */
    size_t leaked_lives;  /* holes with their tool life in another fold */
    const char *grouping; /* what the folds were kept apart by */
    /* files */
    const char *damaged; /* what is wrong with the weights; "" = nothing */
    long long size_bytes;
    /* the ONNX file against the weights */
    bool proven;        /* it could be run */
    size_t proof_holes; /* 0 = random inputs */
    double proof_relative, proof_mm;
    size_t proof_differ;
    const char *unproven; /* why not */
    /* predictions of the weights, made anew, against those that were written down */
    size_t repeated; /* holes; 0 = the records are not there */
    double repeated_mm;
    /* speed */
    double latency_ms; /* one window through all folds on one processor; NAN = could not be measured */
    /* the champion on the same holes: absolute errors, a = champion, b = this model */
    long champion; /* its version; 0 = there is none */
    size_t common; /* holes that both predict unseen */
    gm_paired against[GM_N_EVAL];
    /* people */
    const char *registrant, *promoter;
    bool several_people; /* users are set up: names mean something */
} gm_gate_evidence;

/* ---- what the rules say of it ---- */

typedef enum { GM_GATE_PASSED, GM_GATE_SKIPPED, GM_GATE_FAILED } gm_gate_verdict;
typedef struct {
    const char *rule; /* static */
    gm_gate_verdict verdict;
    char message[240]; /* "exit MAE 0.143 mm, at most 0.120" */
} gm_gate_finding;
enum { GM_GATE_MAX_FINDINGS = 64 };
typedef struct {
    gm_gate_finding items[GM_GATE_MAX_FINDINGS];
    size_t count;
} gm_gate_findings;

/* To add a rule: a file in rules/ and a line in rules.list.h. Its options are a plain struct that params fill; the key
 * "use" of each rule switches it off and is not among them. */
typedef struct {
    const char *name, *doc;
    const gm_param_spec *params;
    size_t n_params, options_size;
    void (*check)(const gm_gate_evidence *evidence, const void *options, gm_gate_findings *out);
} gm_gate_rule;
const gm_gate_rule *const *gm_gate_rules(size_t *count);

/* ---- a gate: the rules with their limits ---- */

typedef struct gm_gate_policy gm_gate_policy;
gm_status gm_gate_policy_new(gm_gate_policy **out, gm_error *err) GM_MUST_CHECK; /* as in configs/gate.yaml */
void gm_gate_policy_free(gm_gate_policy *gate);                                  /* accepts NULL */
GM_AUTO(gm_gate_policy)
/* YAML over what it holds. origin names the file in messages. */
gm_status gm_gate_policy_read(gm_gate_policy *gate, const char *yaml, size_t size, const char *origin,
                              gm_error *err) GM_MUST_CHECK;
void gm_gate_policy_to_yaml(const gm_gate_policy *gate, gm_text *out);

/* True when no rule fails. */
bool gm_gate_check(const gm_gate_policy *gate, const gm_gate_evidence *evidence, gm_gate_findings *out);
/* {"passed", "findings": [{"rule", "verdict": "passed" | "skipped" | "failed", "message"}]} */
json_t *gm_gate_json(const gm_gate_findings *findings);
const char *gm_gate_verdict_name(gm_gate_verdict verdict);

#endif
