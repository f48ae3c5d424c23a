"""PatchTSMixerForPrediction against torch and transformers: outputs, every gradient, ten AdamW steps, both directions of
loading, and the ONNX file in onnxruntime; over the options of the library, with random non-zero biases.

usage: test_prediction.py BUILD
"""
import itertools, pathlib, sys, tempfile

import torch
from transformers import PatchTSMixerConfig, PatchTSMixerForPrediction

from compare import judge, randomise, run_driver, write_case

torch.manual_seed(0)
torch.set_num_threads(1)
build = pathlib.Path(sys.argv[1])
BATCH = 5
base = dict(context_length=32, patch_length=8, patch_stride=8, num_input_channels=3, d_model=8, num_layers=2, expansion_factor=2,
            prediction_length=6, dropout=0.0, head_dropout=0.0)
cases = []
for mode, gated, heads, positions, scaling in itertools.product(
        ("common_channel", "mix_channel"), (True, False), (0, 1, 2), (None, "sincos", "random"), ("std", "mean", None)):
    cases.append(dict(base, mode=mode, gated_attn=gated, self_attn=heads > 0, self_attn_heads=max(heads, 1),
                      use_positional_encoding=positions is not None, positional_encoding_type=positions or "sincos", scaling=scaling))
for mode in ("common_channel", "mix_channel"):
    cases.append(dict(base, mode=mode, norm_mlp="BatchNorm"))
    cases.append(dict(base, mode=mode, patch_stride=4))
    cases.append(dict(base, mode=mode, patch_stride=12, context_length=35))  # rows between patches, dropped remainder
    cases.append(dict(base, mode=mode, prediction_channel_indices=[2, 0]))
    cases.append(dict(base, mode=mode, observed=True))
    for distribution in ("student_t", "normal", "negative_binomial"):
        for scaling in ("std", "mean", None):
            cases.append(dict(base, mode=mode, loss="nll", distribution_output=distribution, scaling=scaling))
    cases.append(dict(base, mode=mode, num_layers=8, d_model=16, num_input_channels=17, self_attn=True, use_positional_encoding=True))

with tempfile.TemporaryDirectory() as work:
    models, folders = [], []
    for number, options in enumerate(cases):
        options = dict(options)
        observed = options.pop("observed", False)
        model = PatchTSMixerForPrediction(PatchTSMixerConfig(**options))
        randomise(model)
        folder = pathlib.Path(work) / f"case_{number}"
        c = model.config
        past = torch.randn(BATCH, c.context_length, c.num_input_channels) * 2 + 1
        future = torch.randn(BATCH, c.prediction_length, c.num_input_channels)
        if c.distribution_output == "negative_binomial" and c.loss == "nll":
            future = torch.randint(0, 9, future.shape).float()  # counts
        inputs = dict(past_values=past, future_values=future)
        if observed:
            mask = (torch.rand_like(past) > 0.3).float()
            inputs |= dict(past_values=past * mask, past_observed_mask=mask)
        write_case(model, inputs, folder)
        models.append((model, inputs, options, observed))
        folders.append(folder)
    run_driver(build, folders)
    for (model, inputs, options, observed), folder in zip(models, folders):
        changed = {k: v for k, v in options.items() if base.get(k) != v} | ({"observed": True} if observed else {})
        judge(str(changed), model, PatchTSMixerForPrediction, inputs, folder, "prediction_outputs")
print("# done")
