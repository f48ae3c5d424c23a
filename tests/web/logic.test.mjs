// What the pages decide without a browser: the form of a run, curves from events, comparisons, decisions, small charts.
import { createRequire } from "node:module";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { equal, ok, remove, test } from "./harness.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "web");

/** The module as plain JavaScript. */
async function load(folder, name) {
  const { build } = createRequire(join(web, "package.json"))("esbuild");
  const outfile = join(folder, `${name.replaceAll("/", "_")}.mjs`);
  await build({ entryPoints: [join(web, "src", `${name}.ts`)], outfile, bundle: true, format: "esm", logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}

const spec = (key, type, more = {}) => ({
  key,
  type,
  unit: null,
  default: null,
  min: null,
  max: null,
  choices: null,
  doc: "",
  ...more,
});

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), "gimlet-logic-"));
  const form = await load(folder, "pages/training/form");
  const curves = await load(folder, "pages/training/curves");
  const compare = await load(folder, "pages/models/compare");
  const decide = await load(folder, "pages/agreement/decide");
  const dropped = await load(folder, "pages/start/dropped");
  const picture = await load(folder, "components/holeCurve");

  await test("a value is checked before it is sent, and only what differs from the preset is", () => {
    const epochs = spec("training_config.epochs", "int", { default: 60, min: 1, max: 100, unit: "epochs" });
    const rate = spec("training_config.learning_rate", "float", { default: 0.002, min: 1e-9, max: 10 });
    equal(form.problem(epochs, "12"), null, "a whole number");
    for (const bad of ["", "0", "101", "1.5", "1e", "0,5", "twelve"])
      ok(form.problem(epochs, bad), `"${bad}" is no number of epochs`);
    equal(form.problem(rate, "1e-3"), null, "a number with an exponent");
    const preset = form.presetTexts([epochs, rate], { "training_config.epochs": 20 });
    equal(form.changedValues([epochs, rate], preset, preset), {}, "nothing changed");
    const changed = form.changedValues([epochs, rate], { ...preset, "training_config.epochs": " 30 " }, preset);
    equal(changed, { "training_config.epochs": 30 }, "epochs changed");
    const about = form.fieldOfMessage([epochs, rate], "training_config.epochs must be at least 1");
    equal(about, "training_config.epochs", "the field of a message");
  });

  await test("a resumed run repeats epochs: each counts once", () => {
    const run = curves.emptyCurves();
    const epoch = (fold, n, val_mm) =>
      curves.addEvent(run, { event: "epoch", fold, epoch: n, val_mm, val_loss: 1, train_loss: 1 });
    [1, 2, 3].forEach((n) => epoch(2, n, 1 / n));
    epoch(2, 3, 0.25);
    epoch(1, 1, null);
    equal(
      run.folds.map((fold) => fold.fold),
      [1, 2],
      "folds in order",
    );
    equal(run.folds[1].val_mm, [1, 0.5, 0.25], "the second epoch 3 replaces the first");
    equal(curves.meanCurve(run, "val_mm"), [1, 0.5, 0.25], "a fold without a value does not count");
    equal(curves.best(run.folds[1].val_mm), { at: 2, value: 0.25 }, "the best epoch");
  });

  await test("two models are compared in the right direction", () => {
    const row = (better, decimals = 3) => ({ title: "", unit: "", decimals, better, values: [] });
    equal(compare.isBetter(row("less"), 0.2, 0.1), true, "a smaller error");
    equal(compare.isBetter(row("more"), 90, 80), false, "fewer exact grip codes");
    equal(compare.isBetter(row("near_zero"), -0.05, 0.01), true, "a bias nearer to zero");
    equal(compare.isBetter(row("less"), 0.2, 0.2001), null, "no difference at the shown decimals");
    const hole = (id, error) => ({ id, error_mm: { hole_depth: error } });
    const { x, y } = compare.errorCurves([[hole("a", 0.1), hole("b", -0.3)]], "hole_depth", 3);
    equal([x.length, y[0][0], y[0][3]], [4, 0, 100], "share of the holes from none to all");
  });

  await test("a decision keeps the order of the points", () => {
    const points = (entry, transition, exit) => ({ entry: { mm: entry }, transition: { mm: transition }, exit: { mm: exit } });
    equal(decide.wrongOrder(points(1, null, 3)), null, "an absent transition");
    ok(decide.wrongOrder(points(4, null, 3)), "an exit before the entry");
    ok(decide.wrongOrder(points(null, null, null)), "no point at all");
  });

  await test("of a dropped folder, records are taken and the rest stays", () => {
    const taken = ["a/V7_1.xls", "b.XLSX", "c.json"].filter(dropped.isRecord);
    equal(taken.length, 3, "records");
    equal(["a/photo.jpg", "~$b.xlsx", ".hidden.xls", "README"].filter(dropped.isRecord), [], "the rest");
  });

  await test("a small chart follows the front of the drill, pairs or single rows", () => {
    const depth = [0, 1, 2, 1, 3];
    const level = [0, 10, 20, 99, 30];
    const single = picture.holeCurve(Float32Array.from([...depth, ...level, ...level]), 5, false);
    equal(single.torque.high, [0, 10, 20, 30], "the way back is left out");
    const pairs = Float32Array.from([0, 1, 1, 2, 0, 5, 5, 9, 0, 1, 1, 2]);
    const thinned = picture.holeCurve(pairs, 2, true);
    equal(
      [thinned.torque.low, thinned.torque.high],
      [
        [0, 5],
        [5, 9],
      ],
      "lowest and highest of each share",
    );
    equal(
      picture.niceTicks(0, 1, 5).map((t) => t.toFixed(1)),
      ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"],
      "round ticks",
    );
  });
  remove(folder);
}
