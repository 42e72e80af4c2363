// Generates the types of the API from its document, and compiles the client twice: as ES modules and as CommonJS.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

function run(script, ...parameters) {
  execFileSync(process.execPath, [`node_modules/${script}`, ...parameters], { stdio: ["ignore", "ignore", "inherit"] });
}

rmSync("dist", { recursive: true, force: true });
mkdirSync("dist/cjs", { recursive: true });
copyFileSync("../../LICENSE", "LICENSE");
run("openapi-typescript/bin/cli.js", "../../docs/openapi.json", "-o", "src/api.ts", "--default-non-nullable", "false");
run("typescript/bin/tsc", "-p", "src");
run("typescript/bin/tsc", "-p", "src", "--module", "CommonJS", "--moduleResolution", "Node10", "--outDir", "dist/cjs");
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');
