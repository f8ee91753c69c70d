import { answer } from "./answers.ts";

const ECHO = { prefix: "echo", count: 1 };
let rest = "";

// All answers to one chunk in one write, as a busy server would do it.
process.stdin.setEncoding("utf8").on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  const replies = lines.map((line) => answer(line, ECHO)).filter((reply) => reply !== undefined);
  if (replies.length > 0) process.stdout.write(`${replies.join("\n")}\n`);
});
