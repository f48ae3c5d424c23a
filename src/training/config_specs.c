/* Every key of a training configuration. Keys of one section stand together, so that they print as nested YAML. */
#include "config.h"

#include <stddef.h>

static const char *const trackers[] = {"none", "mlflow", NULL};
static const char *const devices[] = {"auto", "cpu", "cuda", "mps", NULL};
static const char *const architectures[] = {"PatchTSMixer", NULL};
static const char *const modes[] = {"common_channel", "mix_channel", NULL};
static const char *const norms[] = {"LayerNorm", "BatchNorm", NULL};
static const char *const scalings[] = {"none", "std", "mean", NULL};
static const char *const heads[] = {"linear", "linear3", NULL};
static const char *const groupings[] = {"none", "hole", "tool_life", "session", NULL};
static const char *const metrics[] = {"val_mm", "val_loss", NULL};
static const char *const fold_kinds[] = {"random", "stratified", NULL};

_Static_assert(sizeof(gm_grouping) == sizeof(int) && sizeof(gm_ptsm_mode) == sizeof(int),
               "a choice is stored as an int");

#define AT(field) offsetof(gm_training_config, field)
#define TEXT(k, f, d, text)                                                                                            \
    { .key = k, .type = GM_PARAM_STRING, .offset = AT(f), .fallback = d, .doc = text }
#define BOOL(k, f, d, text)                                                                                            \
    { .key = k, .type = GM_PARAM_BOOL, .offset = AT(f), .fallback = d, .doc = text }
#define PICK(k, f, d, list, text)                                                                                      \
    { .key = k, .type = GM_PARAM_CHOICE, .offset = AT(f), .fallback = d, .choices = list, .doc = text }
#define WHOLE(k, f, d, lo, hi, u, text)                                                                                \
    { .key = k, .type = GM_PARAM_INT, .offset = AT(f), .fallback = d, .min = lo, .max = hi, .unit = u, .doc = text }
#define REAL(k, f, d, lo, hi, u, text)                                                                                 \
    { .key = k, .type = GM_PARAM_FLOAT, .offset = AT(f), .fallback = d, .min = lo, .max = hi, .unit = u, .doc = text }

/* clang-format off */
static const gm_param_spec specs[] = {
    TEXT("strategy", strategy, "patchtsmixer_24cv", "How the models of a run are made: patchtsmixer_24cv or patchtsmixer_single"),
    TEXT("experiment_name", experiment_name, "depth_estimation_experiment", "Name of the run's directory, with a time behind it"),
    BOOL("track_metrics", track_metrics, "true", "Write events.jsonl (one line for each epoch of each fold), training.log (the same in words), TensorBoard's event files and system.jsonl"),
    PICK("tracking", tracking, "none", trackers, "Who is told while it trains: none, or an MLflow server; runs push tells it afterwards"),
    TEXT("mlflow.uri", mlflow_uri, "", "Address of the MLflow server, http://HOST:PORT; empty = MLFLOW_TRACKING_URI of the environment"),
    TEXT("mlflow.experiment", mlflow_experiment, "", "Experiment on the server; empty = experiment_name"),
    PICK("device", device, "auto", devices, "Where to train; this build has the CPU"),
    WHOLE("num_workers", num_workers, "0", 0, 1024, "threads", "Folds trained side by side; 0 = one for each processor. Never changes the result"),

    PICK("model_config.architecture", model.architecture, "PatchTSMixer", architectures, "Kind of network"),
    WHOLE("model_config.input_channels", model.input_channels, "17", 1, GM_MAX_CHANNELS, "channels", "Channels of the feature set"),
    WHOLE("model_config.sequence_length", model.sequence_length, "512", 16, 8192, "rows", "Rows of a window"),
    WHOLE("model_config.patch_length", model.patch_length, "16", 1, 512, "rows", "Rows that become one patch"),
    WHOLE("model_config.patch_stride", model.patch_stride, "0", 0, 512, "rows", "From patch to patch; 0 = patch_length"),
    WHOLE("model_config.num_classes", model.num_classes, "3", 3, 3, "points", "Entry, transition, exit"),
    WHOLE("model_config.d_model", model.d_model, "16", 1, 512, NULL, "Numbers that describe a patch inside the network"),
    WHOLE("model_config.num_layers", model.num_layers, "3", 1, 64, "layers", "Mixer layers"),
    WHOLE("model_config.expansion_factor", model.expansion_factor, "2", 1, 16, NULL, "Width of the inner layers, in multiples"),
    PICK("model_config.mode", model.mode, "mix_channel", modes, "Do channels see each other (mix_channel)?"),
    PICK("model_config.norm_mlp", model.norm, "LayerNorm", norms, "Kind of normalisation between layers"),
    PICK("model_config.scaling", model.scaling, "none", scalings, "Scaling of each window inside the model; none keeps absolute levels"),
    PICK("model_config.head", model.head, "linear", heads, "One linear layer, or the inference system's three"),
    BOOL("model_config.gated_attn", model.gated_attn, "true", "Gated attention"),
    BOOL("model_config.self_attn", model.self_attn, "false", "Self-attention over the patches (slower)"),
    WHOLE("model_config.self_attn_heads", model.self_attn_heads, "1", 1, 64, NULL, "Heads of the self-attention"),
    BOOL("model_config.use_positional_encoding", model.positional_encoding, "true", "Tell each patch where it lies"),
    REAL("model_config.dropout", model.dropout, "0.1", 0, 0.95, NULL, "Share of inner values dropped at random while training"),
    REAL("model_config.head_dropout", model.head_dropout, "0.1", 0, 0.95, NULL, "The same in front of the head"),

    BOOL("training_config.cross_validation.enabled", training.cv_enabled, "true", "Train n_folds models, each validated on holes that it has not seen"),
    WHOLE("training_config.cross_validation.n_folds", training.n_folds, "24", 2, 1000, "folds", "Models of the ensemble; fewer where the data have fewer groups"),
    WHOLE("training_config.cross_validation.run_folds", training.run_folds, "0", 0, 1000, "folds", "Train only the first of the folds; 0 = all"),
    PICK("training_config.cross_validation.strategy", training.stratified, "stratified", fold_kinds, "Spread families and programs evenly over the folds?"),
    PICK("training_config.cross_validation.grouping", training.grouping, "tool_life", groupings, "What never stands on both sides of a fold: same trace (hole), same tool life, same day on one head (session)"),
    REAL("training_config.train_test_split", training.train_test_split, "1", 0.1, 1, NULL, "Share of the groups that are trained on; the rest is held out and reported apart"),
    REAL("training_config.validation_split", training.validation_split, "0.2", 0.01, 0.9, NULL, "Share of the groups that validate, without cross-validation"),
    WHOLE("training_config.epochs", training.epochs, "60", 1, 100000, "epochs", "Passes over the training holes"),
    WHOLE("training_config.batch_size", training.batch_size, "32", 1, 4096, "windows", "Windows for one step of the optimizer"),
    REAL("training_config.learning_rate", training.learning_rate, "0.002", 1e-9, 10, NULL, "Size of a step"),
    REAL("training_config.min_learning_rate", training.min_learning_rate, "0", 0, 10, NULL, "Where linear and cosine schedules end"),
    TEXT("training_config.scheduler", training.scheduler, "cosine", "How the learning rate changes: constant, linear, cosine"),
    WHOLE("training_config.warmup_epochs", training.warmup_epochs, "1", 0, 1000, "epochs", "The learning rate rises from 0 over so long"),
    TEXT("training_config.optimizer", training.optimizer, "adamw", "adamw"),
    REAL("training_config.weight_decay", training.weight_decay, "0.01", 0, 10, NULL, "Pull of the weights towards zero"),
    REAL("training_config.beta1", training.beta1, "0.9", 0, 0.99999, NULL, "Memory of the gradient"),
    REAL("training_config.beta2", training.beta2, "0.999", 0, 0.9999999, NULL, "Memory of its square"),
    REAL("training_config.epsilon", training.epsilon, "1e-8", 1e-16, 1, NULL, "Guards a division"),
    REAL("training_config.max_grad_norm", training.max_grad_norm, "1", 0, 1e9, NULL, "Longer gradients are cut to this length; 0 = never"),
    TEXT("training_config.loss", training.loss, "heatmap", "What is minimised: heatmap (cross-entropy over depth), mse, focal_mse"),
    REAL("training_config.heatmap_sigma_mm", training.heatmap_sigma_mm, "0.1", 0.005, 5, "mm", "Width of the bump around a point"),
    BOOL("training_config.absent_is_known", training.absent_is_known, "true", "Train an absent point as absent; false: leave it out of the loss"),
    REAL("training_config.point_weight.entry", training.point_weight[GM_ENTRY], "1", 0, 100, NULL, "Weight of the entry in the loss"),
    REAL("training_config.point_weight.transition", training.point_weight[GM_TRANSITION], "1", 0, 100, NULL, "Weight of the transition"),
    REAL("training_config.point_weight.exit", training.point_weight[GM_EXIT], "1", 0, 100, NULL, "Weight of the exit"),
    REAL("training_config.min_confidence", training.min_confidence, "0", 0, 1, NULL, "Points labelled with less confidence are left out"),
    BOOL("training_config.weight_by_confidence", training.weight_by_confidence, "true", "Weigh each point by the confidence of its label"),
    WHOLE("training_config.early_stopping.patience", training.patience, "0", 0, 100000, "epochs", "Stop after so many epochs without a better validation; 0 = never"),
    PICK("training_config.early_stopping.metric", training.metric, "val_mm", metrics, "What picks the best epoch: error in mm or loss on the validation holes"),
    REAL("training_config.early_stopping.min_delta", training.min_delta, "0", 0, 100, NULL, "A smaller gain does not count as better"),
    WHOLE("training_config.seed", training.seed, "42", 0, 2147483647, NULL, "Names the random numbers of a run"),

    TEXT("data_config.features", data.features, "gimlet-17", "Feature set: gimlet-17, inference-15, inference-17"),
    TEXT("data_config.ignore_channels", data.ignore_channels, "", "Channels that the model does not see, separated by commas (to find out what they are worth)"),
    REAL("data_config.interval", data.interval, "0.9", 0.5, 0.999, NULL, "Share of the holes whose true point the interval should hold"),
    REAL("data_config.preprocessing.bin_mm", data.bin_mm, "0.05", 0.005, 1, "mm", "Depth of one row"),
    BOOL("data_config.preprocessing.normalize_position", data.normalize_position, "true", "Depth as a normalised channel; false: the channel is empty"),
    BOOL("data_config.preprocessing.combine_torque_signals", data.combine_torque_signals, "true", "No-load channels hold net + no-load current; false: no-load current alone"),
    BOOL("data_config.preprocessing.sequence_windowing", data.sequence_windowing, "true", "Cover long holes by overlapping windows; false: the first window only"),
    REAL("data_config.preprocessing.augmentation.noise_injection", data.noise_injection, "0.05", 0, 5, NULL, "Noise added to each channel, in its standard deviations"),
    REAL("data_config.preprocessing.augmentation.time_warping", data.time_warping, "0.1", 0, 0.5, NULL, "Largest relative stretch of the depth axis"),
    REAL("data_config.preprocessing.augmentation.depth_shift_mm", data.depth_shift_mm, "2", 0, 50, "mm", "Largest shift of a window"),
    REAL("data_config.preprocessing.augmentation.level_scaling", data.level_scaling, "0.1", 0, 0.9, NULL, "Deviation of a random factor on all torques, and of one on all thrusts"),
};
/* clang-format on */

const gm_param_spec *gm_training_config_specs(size_t *count) {
    *count = GM_COUNT(specs);
    return specs;
}

const char *gm_grouping_name(gm_grouping grouping) {
    return groupings[grouping];
}
