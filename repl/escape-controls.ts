/**
 * Control characters in data must not reach a terminal: they move the cursor, change colours or
 * turn the direction of writing around. They are shown as escapes instead.
 */

// C0, DEL, C1; zero-width and direction-changing characters; line and paragraph separators.

const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
// The same, but line feed and tab may pass.
const unsafeInLines =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escapeOne(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
  }
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** One line of safe text. */
export function escapeControls(text: string): string {
  return text.replace(unsafe, escapeOne);
}

/** Safe text that keeps its lines and tabs. */
export function escapeTerminalControls(text: string): string {
  return text.replace(unsafeInLines, escapeOne);
}
