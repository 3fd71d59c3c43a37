// Parses a schema from standard input with the grammar of 2017 that AppSync's parser is known to follow.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { parse } = createRequire(new URL("../js/package.json", import.meta.url))("graphql");
try {
  parse(readFileSync(0, "utf-8"));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
