"""PatchTSMixerForPretraining, ForRegression and ForTimeSeriesClassification against torch and transformers, as
test_prediction.py does it for predictions.

usage: test_heads.py BUILD
"""
import itertools, pathlib, sys, tempfile

import torch
from transformers import (PatchTSMixerConfig, PatchTSMixerForPretraining, PatchTSMixerForRegression,
                          PatchTSMixerForTimeSeriesClassification)

from compare import hide, judge, randomise, run_driver, write_case

torch.manual_seed(1)
torch.set_num_threads(1)
build = pathlib.Path(sys.argv[1])
BATCH = 5
base = dict(context_length=32, patch_length=8, patch_stride=8, num_input_channels=3, d_model=8, num_layers=2, expansion_factor=2,
            num_targets=3, dropout=0.0, head_dropout=0.0, mode="mix_channel")
cases = []
for mode, scaling, masked, attention in itertools.product(("common_channel", "mix_channel"), ("std", "mean", None), (True, False), (True, False)):
    cases.append((PatchTSMixerForPretraining, dict(mode=mode, scaling=scaling, masked_loss=masked, self_attn=attention)))
cases.append((PatchTSMixerForPretraining, dict(mask_value=2, patch_stride=4)))
for scaling, aggregation in itertools.product(("std", "mean", None), ("max_pool", "avg_pool", "use_last", None)):
    for model_class in (PatchTSMixerForRegression, PatchTSMixerForTimeSeriesClassification):
        cases.append((model_class, dict(scaling=scaling, head_aggregation=aggregation)))
    cases.append((PatchTSMixerForRegression, dict(scaling=scaling, head_aggregation=aggregation, output_range=[-1.0, 3.0])))
for distribution in ("student_t", "normal", "negative_binomial"):
    cases.append((PatchTSMixerForRegression, dict(loss="nll", distribution_output=distribution, head_aggregation="avg_pool")))

with tempfile.TemporaryDirectory() as work:
    made = []
    for number, (model_class, options) in enumerate(cases):
        model = model_class(PatchTSMixerConfig(**(base | options)))
        randomise(model)
        c = model.config
        inputs = dict(past_values=torch.randn(BATCH, c.context_length, c.num_input_channels) * 2 + 1)
        if model_class is PatchTSMixerForPretraining:
            inputs["patch_mask"] = (torch.rand(BATCH, c.num_input_channels, c.num_patches) > 0.5).float()
            hide(model, inputs["patch_mask"])
            output = "prediction_outputs"
        elif model_class is PatchTSMixerForRegression:
            counts = c.loss == "nll" and c.distribution_output == "negative_binomial"
            inputs["target_values"] = torch.randint(0, 9, (BATCH, 3)).float() if counts else torch.randn(BATCH, 3)
            output = "regression_outputs"
        else:
            inputs["target_values"] = torch.randint(0, 3, (BATCH,))
            output = "prediction_outputs"
        folder = pathlib.Path(work) / f"case_{number}"
        write_case(model, inputs, folder)
        made.append((model_class, options, model, inputs, folder, output))
    run_driver(build, [m[4] for m in made])
    for model_class, options, model, inputs, folder, output in made:
        judge(f"{model_class.__name__} {options}", model, model_class, inputs, folder, output)
print("# done")
