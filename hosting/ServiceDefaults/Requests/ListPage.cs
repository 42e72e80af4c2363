namespace JobSystem.ServiceDefaults.Requests;

/// <summary>The page of a list that a request asks for. A cursor works only with the order by <c>created_at</c>.</summary>
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

    /// <summary>The number of this page, from 1.</summary>
    public int Number => (Offset / Limit) + 1;

    /// <summary>The number of pages.</summary>
    /// <param name="total">Number of rows on all pages.</param>
    public long CountPages(long total) => (total + Limit - 1) / Limit;

    /// <summary>The cursor of the next page; null on the last page, and for orders without an index.</summary>
    /// <param name="items">The rows of the page.</param>
    /// <param name="endAt">The end of the page if this row is the last.</param>
    public string? NextCursor<T>(IReadOnlyList<T> items, Func<T, PageEnd<Guid>> endAt) =>
        OrderBy == IndexedOrder && items.Count == Limit && items.Count > 0 && endAt(items[^1]) is var end ? PageCursor.Write(end.At, end.Id) : null;
}
