// Bundle the page into dist/: index.html, app.js, app.css, favicon.svg, and parts/ with what is fetched when a page is
// opened. `node build.mjs --watch` rebuilds on change.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const watching = process.argv.includes("--watch");

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
copyFileSync(join(here, "src", "favicon.svg"), join(dist, "favicon.svg"));

/** index.html, with the parts that app.js begins with: the browser fetches them beside it instead of after it. */
const writeIndex = {
  name: "index",
  setup(build) {
    build.onEnd(({ metafile }) => {
      if (!metafile) return;
      const entry = Object.entries(metafile.outputs).find(([path]) => path.endsWith("app.js"));
      const parts = (entry?.[1].imports ?? []).filter((item) => item.kind === "import-statement");
      const links = parts.map(({ path }) => `<link rel="modulepreload" href="/parts/${basename(path)}" />`);
      const page = readFileSync(join(here, "src", "index.html"), "utf8");
      writeFileSync(join(dist, "index.html"), page.replace("<!-- parts -->", links.join("\n    ")));
    });
  },
};

const options = {
  entryPoints: { app: join(here, "src", "main.tsx") },
  outdir: dist,
  bundle: true,
  minify: !watching,
  sourcemap: watching ? "inline" : false,
  format: "esm",
  splitting: true,
  chunkNames: "parts/[name]-[hash]",
  metafile: true,
  plugins: [writeIndex],
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  logLevel: "warning",
};
if (watching) await (await esbuild.context(options)).watch();
else await esbuild.build(options);
