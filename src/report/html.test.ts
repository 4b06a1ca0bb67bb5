import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeText, html, scriptJson, visible } from "./html.ts";

describe("html", () => {
  it("escapes text and leaves markup", () => {
    const label = `<img src=x onerror="alert('1')">&`;
    expect(html`<b title="${label}">${label}${html`<i>${3}</i>`}${null}</b>`.markup).toBe(
      `<b title="${escapeText(label)}">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;<i>3</i></b>`,
    );
  });

  it("leaves no character that could open markup, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !/[<>"']/.test(escapeText(text))));
  });

  it("writes out characters that act without being seen", () => {
    expect(visible("a\u202egpj.exe")).toBe("a\\u{202e}gpj.exe");
    expect(visible("\0\u2066\ufeff\ud800")).toBe("\\u{0}\\u{2066}\\u{feff}\\u{d800}");
    expect(visible("a\nb\tc")).toBe("a b c");
    expect(visible("𝒳 é 漢 עברית 👩‍🌾")).toBe("𝒳 é 漢 עברית 👩‍🌾");
  });
});

describe("scriptJson", () => {
  it("parses back to the same value and cannot end its element", () => {
    const hostile = fc.constantFrom("</script>", "<!--", "<script", "]]>", "\u2028", "&lt;", "__proto__");
    const text = fc.oneof(fc.string({ unit: "binary" }), hostile);
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer())), (value) => {
        const { markup } = scriptJson(value);
        expect(markup).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(markup)).toEqual(value);
      }),
    );
  });
});
