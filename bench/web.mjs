// How quick the Review page is, measured in Chromium: node bench/web.mjs. All real records where there are some, with
// simulated ones up to 1,300 holes. Prints one line per figure; see bench/README.md.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api, gimlet, launch, openWindow, pickRecords, prepare, remove, sleep, startServer, until } from "../tests/web/harness.mjs";

const holesWanted = 1300;

function records() {
  const folder = process.env.GIMLET_RECORDS ? pickRecords(process.env.GIMLET_RECORDS, 1000) : mkdtempSync(join(tmpdir(), "gimlet-records-"));
  const simulated = join(folder, "simulated");
  execFileSync(gimlet, ["simulate", "--output-dir", simulated, "--holes", `${process.env.GIMLET_RECORDS ? 600 : holesWanted}`, "--seed", "3", "--quiet"]);
  return folder;
}

function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { n: sorted.length, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) };
}

const goals = [];
function report(what, values, goalMs) {
  const { n, p50, p95, max } = quantiles(values);
  goals.push(p95 <= goalMs);
  const ms = (value) => `${value.toFixed(1)} ms`.padStart(10);
  console.log(`${what.padEnd(44)} median ${ms(p50)}  P95 ${ms(p95)}  worst ${ms(max)}  n ${String(n).padStart(3)}  goal ${goalMs} ms`);
}

/** Milliseconds of the main thread per frame while the wheel turns: from the frame's start until after it was painted. */
function frames(page, shift) {
  return page.evaluate(async (shiftKey) => {
    const stack = document.querySelector(".stack");
    const box = stack.getBoundingClientRect();
    const times = [];
    for (let i = 0; i < 150; i++) {
      const began = new Promise((done) => requestAnimationFrame(() => done(performance.now())));
      const deltaY = i % 40 < 20 ? -60 : 60;
      const at = { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
      stack.dispatchEvent(new WheelEvent("wheel", { bubbles: true, cancelable: true, deltaY, shiftKey, ...at }));
      const start = await began;
      await new Promise((done) => {
        const channel = new MessageChannel();
        channel.port1.onmessage = done;
        channel.port2.postMessage(0);
      });
      times.push(performance.now() - start);
    }
    return times;
  }, shift);
}

/** Seconds of processor time of the page's main thread, which other programs on the machine do not lengthen. */
async function processorTime(page) {
  page.cdp ??= await page.context().newCDPSession(page);
  await page.cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const { metrics } = await page.cdp.send("Performance.getMetrics");
  return metrics.find((item) => item.name === "TaskDuration").value;
}

/** Run something n times; also say how much processor time each took. */
async function withProcessor(page, what, n, goalMs, run) {
  const before = await processorTime(page);
  report(what, await run(), goalMs);
  console.log(`${"".padEnd(44)} processor time of the main thread ${(((await processorTime(page)) - before) * 1000 / n).toFixed(1)} ms each`);
}

const measures = (page, name) =>
  page.evaluate((wanted) => {
    const list = performance.getEntriesByName(wanted).map((entry) => entry.duration);
    performance.clearMeasures(wanted);
    return list;
  }, name);

const input = records();
const data = prepare(input);
const server = await startServer(data);
const browser = await launch();
const { items, total } = await api(server, "/holes?limit=2000");
const longest = items.reduce((a, b) => (a.n_rows > b.n_rows ? a : b));
console.log(`${total} holes; the longest has ${longest.n_rows} samples`);

const loads = [];
const shown = [];
let loadProcessor = 0;
for (let i = 0; i < 12; i++) {
  const page = await openWindow(browser, "bench");
  const before = await processorTime(page);
  await page.goto(`${server.url}/#/review/${longest.id}`);
  await page.waitForSelector(".flag");
  if (i >= 2) loadProcessor += (await processorTime(page)) - before;
  loads.push(await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd));
  shown.push(await until(() => page.evaluate(() => performance.getEntriesByName("gimlet.hole").map((entry) => entry.startTime + entry.duration)[0]), "the hole"));
  await page.context().close();
}
report("page load, in a new window", loads.slice(2), 300);
report("until its hole is there", shown.slice(2), 600);
console.log(`${"".padEnd(44)} processor time of the main thread ${((loadProcessor * 1000) / 10).toFixed(1)} ms each`);

const page = await openWindow(browser, "bench");
await page.goto(`${server.url}/#/review/${longest.id}`);
await page.waitForSelector(".flag");
await sleep(2500);
await withProcessor(page, "zoom, main thread per frame", 150, 16, () => frames(page, false));
await page.keyboard.press("w");
await page.keyboard.press("w");
await withProcessor(page, "pan, main thread per frame", 150, 16, () => frames(page, true));

const steps = 48; // five on, three back, and so on: holes that were shown before and others
await measures(page, "gimlet.hole");
await withProcessor(page, "hole to hole (fetched ahead)", steps, 100, async () => {
  for (let i = 0; i < steps; i++) {
    await page.keyboard.press(i % 8 < 5 ? "j" : "k");
    await sleep(1000);
  }
  return measures(page, "gimlet.hole");
});

await measures(page, "gimlet.queue");
await measures(page, "gimlet.queue.all");
for (const order of ["file", "confidence", "tool_age", "value", "file"]) {
  await page.selectOption(".queue-order select", order);
  await sleep(1500);
}
report(`queue of ${total}, from click to screen`, await measures(page, "gimlet.queue"), 200);
report("until all of its rows are there", await measures(page, "gimlet.queue.all"), 400);

await browser.close();
await server.kill("SIGTERM");
remove(input, data, server.models);
process.exitCode = goals.every(Boolean) ? 0 : 1;
