/**
 * DuckDB's keywords that cannot be used freely as names, from `duckdb_keywords()`; a test compares
 * the lists with the engine. Words of these lists are looked up in lower case.
 */

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/));
}

/** Never a name unless quoted. */
export const reservedWords = words(
  `all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
   create default deferrable desc describe distinct do else end except false fetch for foreign from
   group having in initially intersect into lambda lateral leading limit not null offset on only or
   order pivot pivot_longer pivot_wider placing primary qualify references returning select show some
   summarize symmetric table then to trailing true union unique unpivot using variadic when where
   window with`,
);

/** Names of types and functions, but neither of columns nor, without AS, of tables. */
export const typeOrFunctionWords = words(
  `anti asof at authorization binary by collation columns concurrently cross freeze full generated glob
   ilike inner is isnull join left like map natural notnull outer overlaps positional right semi similar
   struct tablesample try_cast unpack verbose`,
);

/** Reserved words that stand for a value, so that an expression can end with them. */
const valueWords = words('end null true false default');

/** Free words that, after an expression, are operators. */
export const infixWords = words('between div escape groups range regexp rlike rows zone');

/** Whether an expression can end with this word, given in lower case, if the word is no operator. */
export function canEndExpression(word: string): boolean {
  if (valueWords.has(word)) return true;
  return !reservedWords.has(word) && !typeOrFunctionWords.has(word);
}
