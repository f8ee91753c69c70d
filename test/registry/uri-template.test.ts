import { expect } from "chai";
import * as fc from "fast-check";

import { UriTemplate } from "../../src/registry/uri-template.ts";

const matches = (template: string, uri: string): boolean =>
  UriTemplate.parse(template)?.matches(uri) ?? false;

describe("UriTemplate", () => {
  const cases: readonly [template: string, uri: string, expected: boolean][] = [
    ["db://users/{id}", "db://users/7", true],
    ["db://users/{id}", "db://users/", false],
    ["db://users/{id}", "db://users/7/posts", false],
    ["db://users/{id}", "db://user/7", false],
    ["db://users/{id}", "xdb://users/7", false],
    ["db://users/{id}/posts/{post}", "db://users/7/posts/9", true],
    ["db://users/{id}/posts/{post}", "db://users/7/posts/", false],
    ["db://{table}-{row}", "db://a-b-c", true],
    ["db://users/{id}.json", "db://users/7.json", true],
    ["db://users/{id}.json", "db://users/7.xml", false],
    ["file:///{+path}", "file:///etc/hosts", true],
    ["file://{path}", "file:///etc/hosts", false],
    ["file:///{/path*}", "file:////a/b/c", true],
    ["docs://{+path}/index.{ext}", "docs://a/b/index.c/index.html", true],
    ["docs://{+path}-{name}", "docs://a-b/c-d", true],
    ["docs://page{#section}", "docs://page#top", true],
    ["docs://page{#section}", "docs://page", true],
    ["docs://page{#section}", "docs://pagetop", false],
    ["docs://page{.format}", "docs://page.html", true],
    ["docs://page{;v}", "docs://page;v=1", true],
    ["docs://find{?q,page}", "docs://find?q=x&page=2", true],
    ["docs://find{?q,page}", "docs://find", true],
    ["docs://find{?q}", "docs://find#q", false],
    ["docs://find?fixed=1{&q}", "docs://find?fixed=1&q=x", true],
    ["docs://{name:3}", "docs://abc", true],
    ["docs://plain", "docs://plain", true],
    ["docs://plain", "docs://plain2", false],
    ["{+all}", "anything://at/all?x#y", true],
    ["", "", true],
    ["é://{x}", "é://ü", true],
  ];
  for (const [template, uri, expected] of cases) {
    it(`${expected ? "matches" : "does not match"} ${template} with ${uri || "nothing"}`, () => {
      expect(matches(template, uri)).to.equal(expected);
    });
  }

  it("routes nothing by a template that is malformed", () => {
    for (const template of [
      "a{",
      "a}",
      "{",
      "{}",
      "{a b}",
      "{a{b}}",
      "{=x}",
      "{|x}",
      "a}{b",
      "{a,}",
      "{a:99999}",
    ]) {
      expect(UriTemplate.parse(template), template).to.equal(undefined);
    }
  });

  it("routes nothing by a template that is out of bounds", () => {
    expect(UriTemplate.parse("x".repeat(2_000))).to.equal(undefined);
    expect(UriTemplate.parse("{a}-".repeat(40))).to.equal(undefined);
    expect(matches("{+a}", "x".repeat(5_000))).to.equal(false);
  });

  it("takes no character of a template for a pattern", () => {
    expect(matches("a.c/{x}", "abc/1")).to.equal(false);
    expect(matches("(a+)+$/{x}", "(a+)+$/1")).to.equal(true);
    expect(matches("[a-z]*", "a")).to.equal(false);
  });

  it("counts its fixed characters", () => {
    expect(UriTemplate.parse("db://users/{id}/posts")?.literalLength).to.equal("db://users//posts".length);
  });

  it("matches what it expands to, whatever the values", () => {
    const value = fc.stringMatching(/^[A-Za-z0-9~._%-]{1,12}$/);
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(matches("x://{a}/y-{b}{?c}", `x://${a}/y-${b}?c=${c}`)).to.equal(true);
        expect(matches("x://{+a}/{b}", `x://${a}/${c}/${b}`)).to.equal(true);
      }),
    );
  });

  it("does not slow down on text that defeats a backtracking matcher", () => {
    const template = UriTemplate.parse(`${"a{+x}".repeat(16)}b`);
    const uri = "a".repeat(4_096);

    // Backtracking would outlast the time limit of any test by far.
    expect(template?.matches(uri)).to.equal(false);
  });
});
