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
