import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteOffsets } from '../../../sql/parse/byte-offsets.ts';
import { editText, uneditedText, type TextEdit } from '../../../sql/parse/text-edits.ts';

test('replaces, deletes and inserts, and leads every place back', () => {
  const edited = editText(uneditedText('abcdef'), [
    { start: 4, end: 5, text: '' },
    { start: 1, end: 3, text: 'XYZ' },
    { start: 6, end: 6, text: '!' },
  ]);
  assert.equal(edited.text, 'aXYZdf!');
  const sources = [...edited.text, ''].map((_, offset) => edited.toSource(offset));
  assert.deepEqual(sources, [0, 1, 1, 1, 3, 5, 6, 6]);
  assert.equal(edited.toSource(99), 6);
});

test('keeps the order of insertions at one place', () => {
  const edits = [
    { start: 1, end: 1, text: 'x' },
    { start: 1, end: 1, text: 'y' },
  ];
  assert.equal(editText(uneditedText('ab'), edits).text, 'axyb');
});

test('leads back through edits of edited text', () => {
  const first = editText(uneditedText('select `a` from t'), [{ start: 7, end: 10, text: '"a"' }]);
  const second = editText(first, [{ start: 0, end: 0, text: 'explain ' }]);
  assert.equal(second.text, 'explain select "a" from t');
  assert.equal(second.toSource(second.text.indexOf('from')), 11);
  assert.equal(second.toSource(second.text.indexOf('a" ')), 7);
  assert.equal(second.toSource(3), 0);
});

test('refuses edits that overlap or lie outside', () => {
  const base = uneditedText('abc');
  for (const edits of [
    [
      { start: 0, end: 2, text: '' },
      { start: 1, end: 3, text: '' },
    ],
    [{ start: 2, end: 4, text: '' }],
    [{ start: 2, end: 1, text: '' }],
  ]) {
    assert.throws(() => editText(base, edits), RangeError);
  }
});

test('leads what was kept back to itself, whatever the edits', () => {
  const arbitraryEdits = fc
    .uniqueArray(fc.nat(200), { maxLength: 12 })
    .map((places) => [...places].sort((a, b) => a - b));
  fc.assert(
    fc.property(arbitraryEdits, fc.string(), (places, text) => {
      const source = Array.from({ length: 201 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(
        '',
      );
      const edits: TextEdit[] = [];
      for (let i = 0; i + 1 < places.length; i += 2) {
        edits.push({ start: places[i] ?? 0, end: places[i + 1] ?? 0, text });
      }
      const edited = editText(uneditedText(source), edits);
      for (let offset = 0; offset < edited.text.length; offset++) {
        const unit = edited.text.charAt(offset);
        if (unit >= '\u4e00' && !text.includes(unit)) {
          assert.equal(source.charAt(edited.toSource(offset)), unit);
        }
      }
    }),
  );
});

test('converts between bytes and UTF-16 units like the encoder does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), fc.nat(40), (text, repeat) => {
      const long = text.repeat(repeat + 1);
      const offsets = byteOffsets(long);
      let units = 0;
      let bytes = 0;
      for (const character of long) {
        assert.equal(offsets.toUtf16(bytes), units);
        assert.equal(offsets.toBytes(units), bytes);
        units += character.length;
        bytes += Buffer.byteLength(character);
      }
      assert.equal(offsets.toUtf16(bytes), units);
      assert.equal(offsets.toUtf16(bytes + 10), units);
      assert.equal(offsets.toBytes(units), bytes);
    }),
  );
});

test('takes a byte inside a character for its start', () => {
  const offsets = byteOffsets('a😀b');
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6].map((byte) => offsets.toUtf16(byte)),
    [0, 1, 1, 1, 1, 3, 4],
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((unit) => offsets.toBytes(unit)),
    [0, 1, 1, 5, 6],
  );
});
