"""What the interop tests share: random weights, our driver, and the judgement of one case."""
import pathlib, subprocess, sys

import numpy as np
import onnx
import onnxruntime
import torch
import transformers

onnxruntime.set_default_logger_severity(3)
transformers.utils.logging.disable_progress_bar()
MASK = "observed_mask"  # what the models of transformers call our past_observed_mask


def randomise(model):
    """Weights as after some training: a fresh model has zero biases and unit norms, which hides mistakes."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("position_enc"):
                continue
            p.add_(torch.randn_like(p) * (0.3 if p.dim() > 1 else 0.2))
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b.add_(torch.randn_like(b) * 0.2)
            elif name.endswith("running_var"):
                b.mul_(torch.rand_like(b) + 0.5)
    # the sincos table is a constant in a fresh model; from_pretrained of 5.x would train it
    for name, p in model.named_parameters():
        if name.endswith("position_enc"):
            p.requires_grad_(model.config.positional_encoding_type == "random")


class Hidden(torch.nn.Module):
    """In the place of upstream's random masking: hides what it is told to."""

    def __init__(self, mask, value):
        super().__init__()
        self.mask, self.value = mask.bool(), value

    def forward(self, patches):
        return patches.masked_fill(self.mask.unsqueeze(-1), self.value), self.mask


def hide(model, mask):
    model.model.masking = Hidden(mask, model.config.mask_value)


def write_case(model, inputs, folder):
    """A directory as the driver reads it: the model as transformers saves it, every input as raw floats."""
    model.save_pretrained(folder)
    for name, value in inputs.items():
        value.numpy().astype(np.float32).tofile(folder / f"{name}.bin")
    (folder / "loss").touch()


def run_driver(build, folders):
    done = subprocess.run([str(build / "tests/interop/interop_driver"), *map(str, folders)], capture_output=True, text=True)
    if done.returncode:
        print("not ok driver:", done.stderr.strip())
        sys.exit(1)


def relative(ours, theirs):
    """Largest difference by the largest entry."""
    scale = np.abs(theirs).max() if theirs.size else 0
    return float(np.abs(ours - theirs).max() / max(scale, 1e-12)) if theirs.size else 0.0


def floats(path, like):
    return np.fromfile(path, np.float32).reshape(like.shape)


def say(name, worst, limit):
    """One line of the verdict; worst is a list of (what, difference)."""
    what, difference = max(worst, key=lambda w: w[1])
    ok = all(np.isfinite(w[1]) for w in worst) and difference <= limit
    print(f"{'ok' if ok else 'not ok'} {name}: {what} {difference:.1e}")


def outputs_of(model, inputs, name):
    result = model(**inputs)
    value = getattr(result, name) if hasattr(result, name) else result.prediction_outputs
    return value[0] if isinstance(value, (tuple, list)) else value


def judge(title, model, model_class, inputs, folder, output):
    """Outputs and gradients, ten AdamW steps, our saved directory in from_pretrained, our ONNX file in onnxruntime."""
    ours = folder / "ours"
    with_targets = {MASK if k == "past_observed_mask" else k: v for k, v in inputs.items() if k != "patch_mask"}
    without = {k: v for k, v in with_targets.items() if k not in ("future_values", "target_values")}
    model.eval()
    with torch.no_grad():
        expected = outputs_of(model, without, output).numpy()
    got = floats(ours / f"{output}.bin", expected)
    say(f"outputs {title}", [("output", relative(got, expected))], 2e-5)

    again, info = model_class.from_pretrained(ours, output_loading_info=True)
    again.eval()
    if "patch_mask" in inputs:
        hide(again, inputs["patch_mask"])
    with torch.no_grad():
        reloaded = outputs_of(again, without, output).numpy()
    clean = not info["missing_keys"] and not info["unexpected_keys"]
    say(f"saved by us {title}", [("output", relative(reloaded, expected) if clean else np.inf)], 1e-6)

    onnx.checker.check_model(str(ours / "model.onnx"), full_check=True)
    if "past_observed_mask" not in inputs:
        session = onnxruntime.InferenceSession(str(ours / "model.onnx"), providers=["CPUExecutionProvider"])
        feed = {i.name: inputs[i.name].numpy() for i in session.get_inputs()}
        say(f"onnx {title}", [("output", relative(session.run([output], feed)[0], expected))], 2e-5)

    if not (ours / "losses.txt").exists():
        return
    model.train()  # dropout is 0 in every case; BatchNorm uses the batch
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    losses, worst = [], []
    for step in range(10):
        optimizer.zero_grad()
        loss = model(**with_targets).loss
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            flat = np.fromfile(ours / "gradients.bin", np.float32)
            table = {n: (int(o), int(s)) for n, o, s in (l.split() for l in (ours / "gradients.txt").read_text().splitlines())}
            largest = max(float(p.grad.abs().max()) for p in model.parameters() if p.grad is not None)
            for name, p in model.named_parameters():
                if not p.requires_grad:
                    continue
                if name not in table:
                    worst.append((f"no gradient of {name}", np.inf))
                    continue
                offset, size = table[name]
                grad = p.grad.numpy() if p.grad is not None else np.zeros(p.shape, np.float32)
                mine = flat[offset:offset + size].reshape(p.shape)
                # by the largest entry of the tensor; a bias before a norm has no gradient but rounding, so not by less
                # than a hundredth of the largest of all
                worst.append((f"gradient of {name}", float(np.abs(mine - grad).max() / max(np.abs(grad).max(), 1e-2 * largest))))
        optimizer.step()
    mine = [float(x) for x in (ours / "losses.txt").read_text().split()]
    say(f"gradients {title}", worst, 1e-4)
    say(f"ten steps {title}", [(f"loss of step {i + 1}", abs(a - b) / max(abs(b), 1e-9)) for i, (a, b) in enumerate(zip(mine, losses))], 1e-4)
