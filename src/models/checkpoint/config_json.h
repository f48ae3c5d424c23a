/* config.json of a PatchTSMixer directory, as transformers 4.37 to 5.23 read and write it. Inside models/ only. */
#ifndef GIMLET_MODELS_CHECKPOINT_CONFIG_JSON_H
#define GIMLET_MODELS_CHECKPOINT_CONFIG_JSON_H

#include "../patchtsmixer.h"

/* Missing keys take transformers' defaults. extra_json (caller's, gm_free) gets the keys that are not ours as a JSON
 * object, NULL when there are none. */
gm_status config_json_read(const char *text, size_t size, gm_patchtsmixer_config *out, char **extra_json,
                           gm_error *err) GM_MUST_CHECK;
/* In the lexical types that the strict readers of 5.x want: init_std 0.0, not 0. */
void config_json_write(const gm_patchtsmixer_config *config, const char *extra_json, gm_text *out);

#endif
