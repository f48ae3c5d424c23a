// What the page computes by itself, without a browser: depths and rows, order, grip codes, evidence, numbers. TAP on stdout.
import { build } from "../../web/node_modules/esbuild/lib/main.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { equal, finish, ok, test } from "./harness.mjs";

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "web", "src");
const folder = mkdtempSync(join(tmpdir(), "gimlet-units-"));
const names = ["pages/review/curve", "pages/review/cursors", "pages/review/depthAxis", "pages/review/derived", "pages/review/snap", "text/format", "keys/keymap"];
await build({
  stdin: { contents: names.map((name) => `export * from "./${name}";`).join("\n"), resolveDir: source, loader: "ts" },
  outfile: join(folder, "units.mjs"),
  bundle: true,
  format: "esm",
  logLevel: "error",
});
const page = await import(pathToFileURL(join(folder, "units.mjs")).href);
rmSync(folder, { recursive: true });

/** A drill that goes in, back, and in again, with a row that has no depth. */
const depth = Float32Array.from([1, 2, 3, 2.5, 2, NaN, 3.5, 4]);
const rows = depth.length;
const flat = new Float32Array(rows);
const axis = page.makeDepthAxis({ rows, depth, torque: flat, thrust: flat, step: flat, stop: flat, power: flat }, 100);
const close = (a, b) => Math.abs(a - b) < 1e-9;

await test("only rows of new depth count, and rows without a depth do not", () => {
  equal([...axis.front], [0, 1, 2, 6, 7], "rows");
  equal([...axis.frontMm], [1, 2, 3, 3.5, 4], "depths");
});

await test("a curve thinner than its samples keeps every peak, and gaps stay gaps", () => {
  const x = Float64Array.from({ length: 1000 }, (_, i) => i);
  const y = new Float32Array(1000).fill(5);
  y[437] = 9; // one sample among ten of a column
  y.fill(NaN, 700, 760);
  const frame = { left: 0, top: 0, width: 100, height: 100, xMin: 0, xMax: 1000, yTop: 10, yBottom: 0 };
  const { from, to } = page.columnsOf({ x, y, stepped: false }, frame, 0, 1000);
  equal([from[43], to[43]], [10, 50], "the column of the peak reaches from its top to the rest");
  equal([from[42], to[42]], [50, 50], "the one beside it is flat");
  ok([...from.slice(70, 76)].every(Number.isNaN), "nothing is drawn in the gap");
  equal([from[69], from[76]], [50, 50], "the curve goes on after it");
});

await test("a curve has no hole between columns when it jumps", () => {
  const x = Float64Array.from({ length: 400 }, (_, i) => i);
  const y = Float32Array.from(x, (value) => (value < 200 ? 1 : 9));
  const frame = { left: 0, top: 0, width: 100, height: 100, xMin: 0, xMax: 400, yTop: 10, yBottom: 0 };
  const { from, to } = page.columnsOf({ x, y, stepped: true }, frame, 0, 400);
  equal([from[50], to[50]], [10, 90], "the column after the jump reaches back to where the curve was");
});

await test("a depth leads to its row and back, also over a way back", () => {
  for (const mm of [1, 1.25, 2, 2.9, 3, 3.25, 3.5, 3.9, 4]) {
    ok(close(page.mmOfRow(axis, page.rowOfMm(axis, mm)), mm), `${mm} mm comes back as ${page.mmOfRow(axis, page.rowOfMm(axis, mm))}`);
  }
  equal(page.rowOfMm(axis, 3.5), 6, "row of 3.5 mm");
  equal(page.mmOfRow(axis, 4), 3, "deepest so far on the way back");
  equal([page.rowOfMm(axis, -5), page.rowOfMm(axis, 99)], [0, 7], "outside");
});

await test("samples are stepped over one by one, from between two of them too", () => {
  equal(page.nudgeSamples(axis, 3, 1), 3.5, "one on");
  equal(page.nudgeSamples(axis, 3, -1), 2, "one back");
  equal(page.nudgeSamples(axis, 2.4, 1), 3, "on from between");
  equal(page.nudgeSamples(axis, 2.4, -1), 2, "back from between");
  equal([page.nudgeSamples(axis, 4, 10), page.nudgeSamples(axis, 1, -10)], [4, 1], "no further than the ends");
  equal(page.nearestSampleMm(axis, 3.2), 3, "nearest sample");
});

await test("grip codes have the limits of their definition", () => {
  const of = (mm) => page.gripCode(mm);
  equal([of(null), of(0.127), of(0.128), of(1.7145), of(1.7146), of(3.302), of(3.3021)], [null, null, 1, 1, 2, 2, 3], "codes");
});

await test("layers and phases follow from the points, with and without a transition", () => {
  const both = page.derive({ entry: 2, transition: 5, exit: 9 });
  equal(both.layers.map((layer) => layer.mm), [3, 4], "layers");
  equal([both.holeDepth, both.grip], [7, 5], "hole depth and grip code");
  equal(page.phases({ entry: 2, transition: null, exit: 9 }).map((phase) => phase.name), ["air", "layer", "through"], "one layer");
  equal(page.phases({ entry: null, transition: null, exit: null }), [], "no entry, no phases");
  equal(page.derive({ entry: 2, transition: null, exit: null }).grip, null, "no exit, no code");
});

await test("a point stops at its neighbours, also over an absent one", () => {
  equal(page.clampToOrder({ entry: 2, transition: 5, exit: 9 }, "transition", 12), 9, "at the exit");
  equal(page.clampToOrder({ entry: 2, transition: null, exit: 9 }, "exit", 1), 2, "at the entry");
  equal(page.clampToOrder({ entry: 2, transition: 5, exit: 9 }, "entry", 4), 4, "free in between");
  const moved = page.moveInOrder({ entry: 2, transition: 5, exit: 9 }, "entry", 6, false);
  equal(moved, { entry: 5, transition: 5, exit: 9 }, "without push");
});

await test("with push a point moves its neighbours along, as far as it must", () => {
  const before = { entry: 2, transition: 5, exit: 9 };
  equal(page.moveInOrder(before, "entry", 6, true), { entry: 6, transition: 6, exit: 9 }, "one");
  equal(page.moveInOrder(before, "entry", 11, true), { entry: 11, transition: 11, exit: 11 }, "both");
  equal(page.moveInOrder(before, "exit", 1, true), { entry: 1, transition: 1, exit: 1 }, "backwards");
  equal(page.moveInOrder({ ...before, transition: null }, "exit", 1, true), { entry: 1, transition: null, exit: 1 }, "absent stays absent");
  equal(page.moveNote(before, page.moveInOrder(before, "entry", 6, true), "entry", 6), "Entry pushes transition along", "in words");
});

await test("the slope between cursors is that of the drill's front, whatever happens on the way back", () => {
  const torque = Float32Array.from(depth, (mm) => (Number.isNaN(mm) ? 0 : 1 + 0.5 * mm));
  torque[3] = 99; // on the way back
  ok(close(page.slope(axis, torque, 0, rows - 1), 0.5), `${page.slope(axis, torque, 0, rows - 1)} A/mm`);
  ok(Number.isNaN(page.slope(axis, torque, 3, 5)), "nothing new was drilled there");
});

await test("evidence: own before common, near doubles once, next goes round", () => {
  const item = (point, mm, strength) => ({ point, mm, strength, kind: "step_edge", row: null, text: "" });
  const found = page.candidatesFor([item("any", 3, 0.99), item("exit", 4, 0.5), item("exit", 4.001, 0.4), item("entry", 1, 1)], "exit");
  equal(found.map((c) => c.mm), [4, 3], "order");
  equal(page.nearestCandidate(found, 3.4, 0.5).mm, 3, "nearest within reach");
  equal(page.nearestCandidate(found, 3.5, 0.2), null, "none within reach");
  equal([page.nextCandidate(found, 4, 1).mm, page.nextCandidate(found, 3, 1).mm, page.nextCandidate(found, null, 1).mm], [3, 4, 4], "next");
});

await test("numbers are written as engineers write them", () => {
  equal([page.fixed(-1.234, 2), page.fixed(-0.001, 2), page.signed(0.5, 2), page.mm(null)], ["−1.23", "0.00", "+0.50", "–"], "numbers");
  equal([page.percent(0.934), page.duration(73), page.count(12345)], ["93 %", "1 min 13 s", "12,345"], "units");
});

await test("every key does one thing, and none belongs to the browser", () => {
  const all = page.actions.flatMap((action) => action.keys);
  equal(all.filter((key, i) => all.indexOf(key) !== i), [], "keys used twice");
  const browsers = ["ctrl+t", "ctrl+w", "ctrl+n", "ctrl+l", "ctrl+r", "f5", "alt+arrowleft", "ctrl+f"];
  equal(all.filter((key) => browsers.includes(key)), [], "keys of the browser");
  const chord = (key, more = {}) => page.chordOf({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...more });
  equal([chord("Z", { ctrlKey: true }), chord("?", { shiftKey: true }), chord("Tab", { shiftKey: true }), chord(" ")], ["ctrl+z", "?", "shift+tab", "space"], "chords");
});

finish();
