/* All validators, in the order in which their findings stand. */
GM_VALIDATOR(file_format)
GM_VALIDATOR(signal_quality)
GM_VALIDATOR(step_codes)
GM_VALIDATOR(temporal)
GM_VALIDATOR(metadata)
