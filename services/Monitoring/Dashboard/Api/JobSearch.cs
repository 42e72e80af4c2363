using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>What is searched for, the same words in the page's address and in the API's.</summary>
sealed record JobSearch(string? Status, string? Text, string? Queue, string? Task, string? Tags, string? Owner, string? After = null, string? Before = null, string? Fingerprint = null)
{
    const string PageSize = "50";

    public string ToQuery(string? cursor)
    {
        var query = new QueryBuilder { { "limit", PageSize } };
        foreach (var (name, value) in Given.Append(("cursor", cursor)))
        {
            if (!string.IsNullOrWhiteSpace(value))
            {
                query.Add(name, value.Trim());
            }
        }
        return query.ToString().TrimStart('?');
    }

    /// <summary>The filter in the form of bulk calls. An empty filter needs <c>all</c>.</summary>
    public JsonObject ToBody()
    {
        var filter = new JsonObject();
        foreach (var (name, value) in Given.Where(x => !string.IsNullOrWhiteSpace(x.Value)))
        {
            filter[name] = name is "tags" ? TagList.Parse(value!) : value!.Trim();
        }
        return filter.Count == 0 ? new() { ["filter"] = filter, ["all"] = true } : new() { ["filter"] = filter };
    }

    IEnumerable<(string Name, string? Value)> Given => [("status", Status), ("q", Text), ("queue_name", Queue), ("task_name", Task), ("tags", Tags), ("owner", Owner),
        ("created_after", Moment(After)), ("created_before", Moment(Before)), ("fingerprint", Fingerprint)];

    /// <summary>What a browser sends of a field for date and time has no zone: it is UTC, as the page says.</summary>
    static string? Moment(string? text) => string.IsNullOrWhiteSpace(text) || text.EndsWith('Z') ? text : text + (text.Length == 16 ? ":00Z" : "Z");
}
