using System.Text.Json;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>The page of a list that a request asks for, and how it is written. A cursor works only with the order by <c>created_at</c>.</summary>
public sealed record ListPage(int Limit, int Offset, PageEnd<Guid>? After, string OrderBy, bool Descending)
{
    const string IndexedOrder = "created_at";

    /// <summary>Names of the query parameters.</summary>
    public static readonly string[] Parameters = ["limit", "offset", "cursor", "order_by", "order_dir"];

    public static ListPage Read(QueryReader query, IReadOnlyList<string> orders, FieldErrors errors)
    {
        var page = new ListPage(
            query.Limit(), query.Offset(), PageCursor.ReadGuid(query), query.Word("order_by", orders) ?? IndexedOrder,
            query.Word("order_dir", ["asc", "desc"]) != "asc");
        if (page.After is not null && (page.Offset > 0 || page.OrderBy != IndexedOrder))
        {
            var got = page.Offset > 0 ? "offset" : $"order_by {page.OrderBy}";
            errors.Expected("cursor", "neither offset nor another order than created_at beside it", got);
        }
        return page;
    }

    /// <param name="json">Where the page is written.</param>
    /// <param name="items">The rows of the page.</param>
    /// <param name="total">Number of rows on all pages.</param>
    /// <param name="writeItem">Writes one row.</param>
    /// <param name="endAt">The end of the page if this row is the last.</param>
    public void Write<T>(
        Utf8JsonWriter json, IReadOnlyList<T> items, long total, Action<Utf8JsonWriter, T> writeItem, Func<T, PageEnd<Guid>> endAt)
    {
        json.WriteStartObject();
        json.WriteStartArray("items"u8);
        foreach (var item in items)
        {
            writeItem(json, item);
        }
        json.WriteEndArray();
        json.WriteNumber("total"u8, total);
        json.WriteNumber("page"u8, (Offset / Limit) + 1);
        json.WriteNumber("page_size"u8, Limit);
        json.WriteNumber("pages"u8, (total + Limit - 1) / Limit);
        var hasNext = OrderBy == IndexedOrder && items.Count == Limit && items.Count > 0;
        json.WriteString("next_cursor"u8, hasNext && endAt(items[^1]) is var end ? PageCursor.Write(end.At, end.Id) : null);
        json.WriteEndObject();
    }
}
