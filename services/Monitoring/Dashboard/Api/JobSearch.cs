using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>What is searched for, the same words in the page's address and in the API's.</summary>
sealed record JobSearch(string? Status, string? Text, string? Queue, string? Task, string? Tags, string? Owner)
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

    IEnumerable<(string Name, string? Value)> Given => [("status", Status), ("q", Text), ("queue_name", Queue), ("task_name", Task), ("tags", Tags), ("owner", Owner)];
}
