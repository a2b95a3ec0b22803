"""Rows of an Arrow table as the one JSON text each has: the form of `support/canonical-json.ts`."""
import json
import math

import pyarrow as pa
import pyarrow.compute as pc



def canonical_rows(table):
    """The rows' texts, sorted by their UTF-8 bytes."""
    columns = [values(column.combine_chunks()) for column in table.columns]
    rows = ["[" + ",".join(cells) + "]" for cells in zip(*columns)] if columns else []
    return sorted(rows, key=lambda row: row.encode())


def values(array):
    """One text for each value of an array."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    texts = present(array)
    valid = array.is_valid().to_pylist()
    return [text if ok else "null" for text, ok in zip(texts, valid)]


def present(array):
    kind = array.type
    t = pa.types
    if t.is_null(kind):
        return ["null"] * len(array)
    if t.is_boolean(kind):
        return ["true" if value else "false" for value in array.to_pylist()]
    if t.is_int64(kind):
        return [quote(str(value)) for value in array.to_pylist()]
    if t.is_integer(kind):
        return [str(value) for value in array.to_pylist()]
    if t.is_float32(kind):
        return [exponential(value, 8) for value in array.to_pylist()]
    if t.is_float64(kind):
        return [exponential(value, 16) for value in array.to_pylist()]
    if t.is_decimal(kind):
        return [decimal(value, kind.scale) for value in array.to_pylist()]
    if t.is_string(kind) or t.is_large_string(kind) or t.is_string_view(kind):
        return [quote(value) for value in array.to_pylist()]
    if t.is_binary(kind) or t.is_large_binary(kind) or t.is_binary_view(kind):
        return [quote((value or b"").hex()) for value in array.to_pylist()]
    if t.is_date(kind):
        return [quote(date(value or 0)) for value in pc.cast(array, pa.int32()).to_pylist()]
    if t.is_timestamp(kind):
        zone = "Z" if kind.tz is not None else ""
        micros = array.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
        return [quote(timestamp(value or 0) + zone) for value in micros.to_pylist()]
    if t.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        children = [values(child) for child in array.flatten()]
        names = [quote(field.name) for field in fields]
        return [
            "{" + ",".join(f"{name}:{child[i]}" for name, child in zip(names, children)) + "}"
            for i in range(len(array))
        ]
    if t.is_map(kind):
        keys, items = values(array.keys), values(array.items)
        return [
            "[" + ",".join(f"[{key},{item}]" for key, item in sorted(zip(keys[a:b], items[a:b]))) + "]"
            for a, b in ranges(array)
        ]
    if t.is_list(kind) or t.is_large_list(kind):
        items = values(array.values)
        return ["[" + ",".join(items[a:b]) + "]" for a, b in ranges(array)]
    raise TypeError(f"no canonical form for {kind}")


def ranges(array):
    offsets = array.offsets.to_pylist()
    return zip(offsets, offsets[1:])


def quote(text):
    return json.dumps(text, ensure_ascii=False)


def exponential(value, digits):
    if value is None:
        return "null"
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    mantissa, exponent = f"{value if value != 0 else 0.0:.{digits}e}".split("e")
    return quote(f"{mantissa}e{'-' if exponent[0] == '-' else '+'}{exponent[1:].lstrip('0') or '0'}")


def decimal(value, scale):
    if value is None:
        return "null"
    negative, figures, exponent = value.as_tuple()
    unscaled = int("".join(map(str, figures))) * 10 ** (exponent + scale)
    sign = "-" if negative and unscaled != 0 else ""
    digits = str(unscaled).rjust(scale + 1, "0")
    return quote(sign + (digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}"))


def date(days):
    year, month, day = civil(days)
    return f"{year_text(year)}-{month:02}-{day:02}"


def timestamp(micros):
    days, rest = divmod(micros, 86_400_000_000)
    seconds, fraction = divmod(rest, 1_000_000)
    return f"{date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


def civil(days):
    """Days from 1970-01-01 -> proleptic Gregorian year, month, day, of any year."""
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return (
        year_of_era + era * 400 + (1 if month <= 2 else 0),
        month,
        day_of_year - (153 * shifted_month + 2) // 5 + 1,
    )


def year_text(year):
    if 0 <= year <= 9999:
        return f"{year:04}"
    return f"{'-' if year < 0 else '+'}{abs(year):06}"
