// Compiles mutants with the project's own compiler, one after the other in one process: starting it costs more than
// compiling. In: {root, settings, jobs: [{id, changed: {path: source}, targets: {contract: path}}]} on stdin.
// Out: a line of JSON per job, {id, contracts: {name: {bytecode, deployedBytecode}}} or {id, error}.
import { existsSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const { root, settings, jobs } = JSON.parse(readFileSync(0, "utf8"));
const solc = createRequire(path.join(root, "package.json"))("solc");

function sourceOf(job, name) {
  if (name in job.changed) return { contents: job.changed[name] };
  const file = path.join(root, name);
  return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `${name} is not there` };
}

function compile(job) {
  const sources = {};
  const outputSelection = {};
  for (const [name, file] of Object.entries(job.targets)) {
    sources[file] = { content: sourceOf(job, file).contents };
    outputSelection[file] = { [name]: ["evm.bytecode", "evm.deployedBytecode"] };
  }
  const input = { language: "Solidity", sources, settings: { ...settings, outputSelection } };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (name) => sourceOf(job, name) }));
  const errors = (output.errors ?? []).filter((problem) => problem.severity === "error");
  if (errors.length) return { error: errors.map((problem) => problem.formattedMessage).join("\n") };
  const contracts = {};
  for (const [name, file] of Object.entries(job.targets)) contracts[name] = output.contracts[file][name].evm;
  return { contracts };
}

function write(text) {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

for (const job of jobs) write(JSON.stringify({ id: job.id, ...compile(job) }) + "\n");
