/* GM_API_SHAPE(NAME, "shape"): what several routes send or take; docs/adding-a-route.md explains the words. */
GM_API_SHAPE(ERROR, "{code: string, message: string, hint: string|null, line: integer|null, column: integer|null}")
GM_API_SHAPE(POINT, "{mm: number|null, confidence: number|null, evidence: string}")
GM_API_SHAPE(POINTS, "{entry: POINT, transition: POINT, exit: POINT}")
GM_API_SHAPE(LABEL, "{source: 'rule'|'model'|'expert'|'truth', author: string, made_at: string,"
                    " confidence: number|null, category: 'high'|'medium'|'low', rejected: boolean, reason: string,"
                    " factors: {clarity: number|null, signal: number|null, pattern: number|null}|null,"
                    " points: POINTS}")
GM_API_SHAPE(HOLE, "{id: sha256, file: string, family: string, verdict: 'ok'|'warning'|'failed'|'error',"
                   " score: number|null, n_rows: integer 0.., program_id: string, tool: string,"
                   " tool_age: integer|null, date: string, state: 'auto'|'reviewed'|'rejected', checks: [string],"
                   " sources: ['rule'|'model'|'expert'|'truth'], authors: [string], version: integer 0..,"
                   " label: LABEL|null}")
GM_API_SHAPE(PROGRAM_STEP, "{step: integer, enabled: boolean, stroke_mm: number|null, speed_rpm: number|null,"
                           " feed_mm_s: number|null, feed_mm_rev: number|null, thrust_max_a: number|null,"
                           " torque_max_a: number|null, peck: number|null, delay_ms: number|null}")
GM_API_SHAPE(STEP, "{step: integer, first: integer 0.., count: integer 1.., stop_code: integer, stop_text: string,"
                   " from_mm: number|null, to_mm: number|null}")
GM_API_SHAPE(FINDING, "{check: string, severity: 'info'|'warning'|'failed'|'error', message: string,"
                      " line: integer|null, column: integer|null, hint: string|null, from_mm: number|null,"
                      " to_mm: number|null}")
GM_API_SHAPE(GHOST, "{name: string, source: 'rule'|'model'|'expert'|'truth', points: POINTS}")
GM_API_SHAPE(SESSION, "{user: string, role: 'none'|'viewer'|'annotator'|'engineer'|'admin', users_configured: boolean,"
                      " version: string, data_dir: string, models_dir: string, has_data: boolean,"
                      " has_models: boolean}")
GM_API_SHAPE(COMMENT, "{id: integer 1.., author: string, at: time, text: string}")
GM_API_SHAPE(AGREEMENT, "{n: integer 0.., median_mm: number|null, p95_mm: number|null, within: number 0..1|null,"
                        " bias_mm: number|null}")
GM_API_SHAPE(CANDIDATE, "{point: 'entry'|'transition'|'exit'|'any', kind: 'torque_onset'|'thrust_knee'|'step_edge'|"
                        "'model_peak'|'label', mm: number, row: integer 0.., text: string, strength: number 0..1}")
GM_API_SHAPE(PARAMETER, "{key: string, type: 'bool'|'int'|'float'|'string'|'choice', unit: string|null, default: any,"
                        " min: number|null, max: number|null, choices: [string]|null, doc: string}")
GM_API_SHAPE(FOLD, "{fold: integer 1.., epoch: integer 0.., epochs: integer 0.., train_loss: number|null,"
                   " val_loss: number|null, val_mm: number|null, best_mm: number|null,"
                   " state: 'waiting'|'training'|'finished'|'stopped'}")
GM_API_SHAPE(RUN, "{run: string, experiment: string, state: 'running'|'stopped'|'finished'|'failed',"
                  " started_at: string|null, strategy: string, n_folds: integer 0.., epochs: integer 0..,"
                  " holes: integer|null, metrics: {*: any}|null, message: string, eta_s: number|null,"
                  " messages: [string], log: string, folds: [FOLD], values?: {*: any}}")
GM_API_SHAPE(RUN_NOTES, "{run: string, tags: {*: string}, notes: [{at: string|null, user: string|null,"
                        " text: string}]}")
GM_API_SHAPE(PREDICTED, "{mm: number|null, half_mm: number|null, confidence: number|null, evidence: string}")
GM_API_SHAPE(RUN_HOLE, "{id: sha256|null, file: string, family: string, fold: integer 0..,"
                       " predicted: {entry: PREDICTED, transition: PREDICTED, exit: PREDICTED}, label: POINTS,"
                       " error_mm: {entry: number|null, transition: number|null, exit: number|null,"
                       " hole_depth: number|null}}")
GM_API_SHAPE(MODEL, "{run: string, created_at: string|null, metrics: {*: any}|null, n_folds: integer 0..,"
                    " holes: integer|null, size_bytes: integer 0.., files: [{path: string, size_bytes: integer 0..,"
                    " has_labels: boolean}]}")
GM_API_SHAPE(JOB, "{id: string, kind: string, state: 'waiting'|'running'|'done'|'failed'|'stopped', stage: string,"
                  " done: integer, total: integer, text: string, result: {*: any}|null, error: string|null,"
                  " options: {*: any}, author: string|null, created_at: string|null, ended_at: string|null}")
GM_API_SHAPE(PREDICTED_POINT, "{mm: number, low_mm: number, high_mm: number, confidence: number}")
GM_API_SHAPE(REGISTERED, "{name: string, description: string, created_at: time, created_by: string,"
                         " latest: integer 0.., n_versions: integer 0.., tags: {*: string}, metrics: {*: number},"
                         " aliases: {*: integer 1..}}")
GM_API_SHAPE(REGISTERED_WHOLE, "{name: string, description: string, created_at: time, created_by: string,"
                               " latest: integer 0.., n_versions: integer 0.., tags: {*: string},"
                               " metrics: {*: number}, aliases: {*: integer 1..}, versions: [MODEL_VERSION],"
                               " history: [{seq: integer 1.., at: time, who: string, action: string,"
                               " version: integer 0.., alias: string, reason: string, detail: any}]}")
#define API_MODEL_VERSION                                                                                              \
    "model: string, version: integer 1.., created_at: time, created_by: string, description: string, run: string,"     \
    " dataset: string, digest: sha256, origin: 'registered'|'imported', aliases: [string], tags: {*: string},"         \
    " metrics: {*: number}, size_bytes: integer 0.., public_key: string|null"
GM_API_SHAPE(MODEL_VERSION, "{" API_MODEL_VERSION "}")
GM_API_SHAPE(MODEL_VERSION_WHOLE, "{" API_MODEL_VERSION ", facts: {*: any},"
                                  " files: [{path: string, sha256: sha256, size_bytes: integer 0..}]}")
GM_API_SHAPE(COMPARED, "{model: string, version: integer 1.., run: string, dataset: string, created_at: time,"
                       " created_by: string, holes: integer 0.., size_bytes: integer 0.., folds: integer|null,"
                       " latency_ms: number|null}")
GM_API_SHAPE(COMPARED_POINT, "{kind?: 'family'|'program'|'tool_age', name?: string, point: string, n: integer 1..,"
                             " a: number|null, b: number|null, difference: number|null, low: number|null,"
                             " high: number|null, p: number, verdict: 'better'|'worse'|'no difference'|'unknown'}")
