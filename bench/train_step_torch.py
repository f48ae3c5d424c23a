"""The peer of bench/train_step.c: torch eager with transformers' PatchTSMixer, the inference system's configuration with
its three-layer head and focal mse. Leaves weights, batch and first gradients in --shared for the other side.
The last line of output is JSON: ms (median step), losses (of each step), cpu_ms (of all threads), peak_mb (above the
start of the step's set-up)."""
import argparse, json, pathlib, resource, statistics, time

import numpy as np
import torch
from transformers import PatchTSMixerConfig, PatchTSMixerForPrediction

ap = argparse.ArgumentParser(description=__doc__)
ap.add_argument("--threads", type=int, default=1)
ap.add_argument("--dropout", type=float, default=0.2)
ap.add_argument("--batch", type=int, default=32)
ap.add_argument("--steps", type=int, default=8)
ap.add_argument("--warmup", type=int, default=2)
ap.add_argument("--shared", required=True)
args = ap.parse_args()
shared = pathlib.Path(args.shared)
torch.set_num_threads(args.threads)
torch.manual_seed(0)


def rss_mb():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


class Head3(torch.nn.Module):
    """The inference system's head: three linear layers, nothing between them."""

    def __init__(self, head):
        super().__init__()
        self.dropout_layer, self.flatten = head.dropout_layer, head.flatten
        self.base_forecast_block = head.base_forecast_block
        self.base_forecast_block1 = torch.nn.Linear(512, 512)
        self.base_forecast_block2 = torch.nn.Linear(512, 512)

    def forward(self, hidden):
        y = self.base_forecast_block(self.dropout_layer(self.flatten(hidden)))
        return self.base_forecast_block2(self.base_forecast_block1(y)).transpose(-1, -2)


start_mb = rss_mb()
config = PatchTSMixerConfig(context_length=512, prediction_length=512, patch_length=8, patch_stride=8, num_input_channels=17,
                            d_model=16, expansion_factor=2, num_layers=8, mode="mix_channel", gated_attn=True, self_attn=True,
                            self_attn_heads=1, use_positional_encoding=True, positional_encoding_type="sincos", scaling="std",
                            dropout=args.dropout, head_dropout=args.dropout)
model = PatchTSMixerForPrediction(config)
model.head = Head3(model.head)
for module in model.modules():
    if isinstance(module, torch.nn.Linear):
        module.reset_parameters()
model.train()
rng = np.random.default_rng(1)
t = np.arange(512)[None, :, None]
past = (rng.normal(size=(args.batch, 512, 17)) * 0.3 + np.sin(t / 40 + rng.uniform(0, 6, (args.batch, 1, 17)))).astype(np.float32)
future = np.exp(-0.5 * ((t - rng.uniform(100, 400, (args.batch, 1, 17))) / 12) ** 2).astype(np.float32)
table = []
offset = 0
with open(shared / "weights.bin", "wb") as out:
    for name, value in model.state_dict().items():
        table.append(f"{name} {offset} {value.numel()}")
        out.write(value.detach().numpy().astype(np.float32).tobytes())
        offset += value.numel()
(shared / "weights.txt").write_text("\n".join(table) + "\n")
past.tofile(shared / "past.bin")
future.tofile(shared / "future.bin")
past, future = torch.from_numpy(past), torch.from_numpy(future)
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)


def step():
    optimizer.zero_grad()
    y = model(past_values=past).prediction_outputs
    s = (y - future) ** 2
    loss = (0.75 * (1 - torch.exp(-s)) ** 2 * s).mean()
    loss.backward()
    return loss


losses, times, cpu_times = [], [], []
for i in range(args.warmup + args.steps):
    begin, cpu_begin = time.perf_counter(), time.process_time()
    loss = step()
    if i == 0:
        grads = {n: p.grad.numpy().copy() for n, p in model.named_parameters() if p.grad is not None}
        with open(shared / "grads.bin", "wb") as out:
            for name, value in model.state_dict().items():
                out.write(grads.get(name, np.zeros(value.shape, np.float32)).tobytes())
        del grads
    optimizer.step()
    if i >= args.warmup:
        times.append((time.perf_counter() - begin) * 1e3)
        cpu_times.append((time.process_time() - cpu_begin) * 1e3)
    losses.append(float(loss.detach()))
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - start_mb
print(json.dumps({"ms": statistics.median(times), "cpu_ms": statistics.median(cpu_times), "losses": losses, "peak_mb": peak_mb}))
