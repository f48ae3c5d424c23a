// Bundle the page into dist/: index.html, app.js, app.css, favicon.svg. `node build.mjs --watch` rebuilds on change.
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const watching = process.argv.includes("--watch");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const name of ["index.html", "favicon.svg"]) copyFileSync(join(here, "src", name), join(dist, name));

const options = {
  entryPoints: { app: join(here, "src", "main.tsx") },
  outdir: dist,
  bundle: true,
  minify: !watching,
  sourcemap: watching ? "inline" : false,
  format: "iife",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};
if (watching) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
