"""The event files of a run, read by TensorBoard itself: learning curves, settings, accuracy; also after kill -9 and resume.

usage: test_tensorboard.py BUILD
"""
import json, pathlib, shutil, signal, subprocess, sys, tempfile, time

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

gimlet = str(pathlib.Path(sys.argv[1]).resolve() / "gimlet")
EPOCHS = 30
count = 0


def judge(good, text):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {text}")


def run(*words):
    subprocess.run([gimlet, *words, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def read(folder):
    board = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    board.Reload()
    return board


def curves(board):
    return {tag: [(event.step, event.value) for event in board.Scalars(tag)] for tag in board.Tags()["scalars"]}


def session(board, tag):
    metadata = board.SummaryMetadata(tag)
    return metadata.plugin_data.plugin_name, plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)


work = pathlib.Path(tempfile.mkdtemp(prefix="gimlet-tensorboard-"))
try:
    run("simulate", "--output-dir", str(work / "raw"), "--holes", "24", "--seed", "3")
    run("prepare", "--input-dir", str(work / "raw"), "--output-dir", str(work / "data"), "--auto-label")
    train = ["train", "--config", "configs/demo.yaml", "--data-dir", str(work / "data"), "--output-dir", str(work / "models"), "--set",
             "training_config.cross_validation.n_folds=2", "--set", "training_config.cross_validation.grouping=hole", "--set",
             f"training_config.epochs={EPOCHS}"]
    run(*train, "--run-name", "whole")
    whole = work / "models/whole"
    events = [json.loads(line) for line in (whole / "events.jsonl").read_text().splitlines()]

    # --- a run that was not disturbed ---
    for fold in (1, 2):
        told = curves(read(whole / f"tensorboard/fold_{fold:02d}"))
        own = [event for event in events if event["event"] == "epoch" and event["fold"] == fold]
        for tag, key in (("loss/training", "train_loss"), ("loss/validation", "val_loss"), ("error_mm/validation", "val_mm"),
                         ("learning_rate", "learning_rate")):
            good = [step for step, _ in told[tag]] == [event["epoch"] for event in own] and all(
                abs(value - event[key]) <= 1e-6 * max(1, abs(event[key])) for (_, value), event in zip(told[tag], own))
            judge(good, f"fold {fold}: {tag} is what events.jsonl says, epoch by epoch")
    board = read(whole / "tensorboard")
    metrics = json.loads((whole / "metrics.json").read_text())["out_of_fold"]["points"]
    for point in ("entry", "exit", "hole_depth"):
        value = board.Scalars(f"out_of_fold/{point}_mae_mm")[-1].value
        judge(abs(value - metrics[point]["mae_mm"]) < 1e-4, f"{point}: the accuracy out of fold stands in the run")
    name, content = session(board, "_hparams_/session_start_info")
    settings = content.session_start_info.hparams
    judge(name == "hparams" and content.version == 0, "the settings belong to the plugin hparams")
    judge(settings["training_config.epochs"].number_value == EPOCHS, "a number of the configuration")
    judge(settings["strategy"].string_value == "patchtsmixer_24cv", "a text of the configuration")
    judge(settings["model_config.gated_attn"].WhichOneof("kind") == "bool_value", "a choice between true and false")
    judge(content.session_start_info.group_name == "whole", "the run's name")
    name, content = session(board, "_hparams_/session_end_info")
    judge(content.session_end_info.status == 1, "the session ended well")

    # --- a run that is killed again and again ---
    process = subprocess.Popen([gimlet, *train, "--run-name", "killed", "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kills = 0
    for attempt in range(12):
        time.sleep(0.12 + 0.05 * attempt)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0 or not (work / "models/killed/run.json").exists():
            break
        kills += 1
        for path in (work / "models/killed/tensorboard").glob("fold_*/events*"):
            if attempt % 2 and path.stat().st_size > 100:  # as a machine leaves it that loses its power
                with open(path, "r+b") as file:
                    file.truncate(path.stat().st_size - 7)
        process = subprocess.Popen([gimlet, "train", "--resume", str(work / "models/killed"), "--quiet"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.wait()
    run("train", "--resume", str(work / "models/killed"))
    judge(kills >= 2, f"it was killed {kills} times")
    for fold in (1, 2):
        folder = work / f"models/killed/tensorboard/fold_{fold:02d}"
        judge(len(list(folder.iterdir())) == 1, f"fold {fold}: one event file")
        judge(curves(read(folder)) == curves(read(whole / f"tensorboard/fold_{fold:02d}")),
              f"fold {fold}: the same curves as without a kill, no step twice, none lost")
    print("# done")
finally:
    shutil.rmtree(work)
