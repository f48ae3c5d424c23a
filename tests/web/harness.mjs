// What the browser tests share: a server on prepared real records, Chromium, TAP output, and a picture of what failed.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const gimlet = process.env.GIMLET ?? join(root, "build", "gimlet");
const failures = join(root, ".cache", "web-failures");
const chromiumFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Where Debian, Ubuntu and others put it; "" when there is none. */
export function findChromium() {
  for (const path of ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]) if (existsSync(path)) return path;
  return "";
}

export function launch() {
  return chromium.launch({ executablePath: findChromium(), args: chromiumFlags });
}

export function freePort() {
  return new Promise((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

/** A folder with `each` records of every kind below records, taken evenly from each folder. */
export function pickRecords(records, each) {
  const picked = mkdtempSync(join(tmpdir(), "gimlet-records-"));
  const take = (folder) => {
    const entries = readdirSync(folder, { withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && /\.xls$/i.test(entry.name)).map((entry) => join(folder, entry.name));
    const step = Math.max(1, files.length / each);
    for (let i = 0; i < Math.min(each, files.length); i++) {
      const file = files[Math.floor(i * step)];
      const place = join(picked, basename(dirname(file)));
      mkdirSync(place, { recursive: true });
      cpSync(file, join(place, basename(file)));
    }
    for (const entry of entries) if (entry.isDirectory()) take(join(folder, entry.name));
  };
  take(records);
  return picked;
}

export function prepare(inputDir) {
  const data = mkdtempSync(join(tmpdir(), "gimlet-data-"));
  try {
    execFileSync(gimlet, ["prepare", "--input-dir", inputDir, "--output-dir", data, "--validate", "--auto-label", "--quiet"], { stdio: "pipe" });
  } catch (error) {
    if (error.status !== 3) throw error; // 3: done, some inputs were refused
  }
  return data;
}

/** A running `gimlet serve`; kill() is a power cut, start() again uses the same port and data. */
export class Server {
  constructor(data, models, port) {
    Object.assign(this, { data, models, port, url: `http://127.0.0.1:${port}`, child: null, log: "" });
  }

  async start() {
    this.child = spawn(gimlet, ["serve", "--data-dir", this.data, "--models-dir", this.models, "--port", `${this.port}`], { stdio: "pipe" });
    this.child.stdout.on("data", (text) => (this.log += text));
    this.child.stderr.on("data", (text) => (this.log += text));
    for (let i = 0; i < 200; i++) {
      if (this.child.exitCode !== null) throw new Error(`the server ended: ${this.log}`);
      try {
        if ((await fetch(`${this.url}/api/session`)).ok) return;
      } catch {
        /* not yet */
      }
      await sleep(50);
    }
    throw new Error(`the server does not answer: ${this.log}`);
  }

  async kill(signal = "SIGKILL") {
    if (!this.child || this.child.exitCode !== null) return;
    const ended = new Promise((done) => this.child.once("exit", done));
    this.child.kill(signal);
    await ended;
  }
}

export async function startServer(data) {
  const models = mkdtempSync(join(tmpdir(), "gimlet-models-"));
  const server = new Server(data, models, await freePort());
  await server.start();
  return server;
}

export async function api(server, path, options = {}) {
  const headers = { "X-Gimlet": "1", "X-Gimlet-User": options.user ?? "tester", ...(options.headers ?? {}) };
  if (typeof options.body === "string") headers["Content-Type"] ??= "application/json";
  const response = await fetch(`${server.url}/api${path}`, { ...options, headers });
  if (!response.ok) throw new Error(`${options.method ?? "GET"} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** A window of its own, with its own storage, as another person would have it. */
export async function openWindow(browser, user, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.addInitScript((name) => {
    if (name && !localStorage.getItem("gimlet.user")) localStorage.setItem("gimlet.user", name);
  }, user);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(`${error}`));
  page.on("console", (message) => {
    // a refused or unanswered request is the test's own doing; anything else is a fault of the page
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) page.problems.push(message.text());
  });
  return page;
}

export function equal(actual, expected, what) {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}

export function ok(condition, what) {
  if (!condition) throw new Error(what);
}

/** Wait until check() gives something true; the last error or a plain sentence when it never does. */
export async function until(check, what, limitMs = 8000) {
  const end = Date.now() + limitMs;
  let last = "";
  while (Date.now() < end) {
    try {
      const value = await check();
      if (value) return value;
    } catch (error) {
      last = `: ${error.message}`;
    }
    await sleep(40);
  }
  throw new Error(`waited in vain for ${what}${last}`);
}

const pages = new Set();
let number = 0;
let failed = 0;

export function watch(page) {
  pages.add(page);
  return page;
}

export async function test(name, run) {
  number++;
  pages.clear();
  try {
    await run();
    for (const page of pages) ok(page.problems.length === 0, `the page reported: ${page.problems.join("; ")}`);
    console.log(`ok ${number} - ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${number} - ${name}`);
    console.log(`# ${`${error.stack ?? error}`.split("\n").slice(0, 4).join("\n# ")}`);
    mkdirSync(failures, { recursive: true });
    let i = 0;
    for (const page of pages) if (!page.isClosed()) await page.screenshot({ path: join(failures, `${number}-${++i}.png`) }).catch(() => undefined);
  } finally {
    for (const page of pages) await page.context().close().catch(() => undefined);
  }
}

export function skip(name, why) {
  console.log(`ok ${++number} - ${name} # SKIP ${why}`);
}

export function finish() {
  console.log(`1..${number}`);
  process.exitCode = failed ? 1 : 0;
}

export function remove(...folders) {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
