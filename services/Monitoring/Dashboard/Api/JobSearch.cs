using System.Globalization;
using JobSystem.Api;
using Microsoft.AspNetCore.Http.Extensions;

namespace JobSystem.Monitoring.Dashboard.Api;

/// <summary>The filters of a search, as they are in the page's address.</summary>
sealed record JobSearch(
    string? Status, string? Text, string? Queue, string? Task, string? Tags, string? Owner,
    string? After = null, string? Before = null, string? Fingerprint = null)
{
    const string PageSize = "50";

    public string ToQuery(string? cursor)
    {
        var query = new QueryBuilder { { "limit", PageSize } };
        (string Name, string? Value)[] given =
        [
            ("status", Status), ("q", Text), ("queue_name", Queue), ("task_name", Task), ("tags", Tags), ("owner", Owner),
            ("created_after", AddZone(After)), ("created_before", AddZone(Before)), ("fingerprint", Fingerprint), ("cursor", cursor),
        ];
        foreach (var (name, value) in given.Where(x => !string.IsNullOrWhiteSpace(x.Value)))
        {
            query.Add(name, value!.Trim());
        }
        return query.ToString().TrimStart('?');
    }

    /// <summary>All jobs that match. An empty filter needs <c>all</c>.</summary>
    /// <exception cref="ApiProblem">A time is not one.</exception>
    public BulkJobsRequest ToRequest()
    {
        var filter = new JobSelection
        {
            Status = Words(Status),
            Q = Word(Text),
            QueueName = Words(Queue),
            TaskName = Word(Task),
            Tags = Words(Tags),
            Owner = Word(Owner),
            CreatedAfter = Time("From", After),
            CreatedBefore = Time("To", Before),
            Fingerprint = Word(Fingerprint),
        };
        return new() { Filter = filter, All = filter == new JobSelection() ? true : null };
    }

    static string? Word(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    static IReadOnlyList<string>? Words(string? text) => string.IsNullOrWhiteSpace(text) ? null : TagList.Parse(text);

    static DateTimeOffset? Time(string field, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        return DateTimeOffset.TryParse(AddZone(text), CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time
            : throw new ApiProblem($"{field}: expected a time such as 2030-01-31T12:00:00Z; got '{text}'.");
    }

    /// <summary>A browser sends the value of a date and time field without a zone: it is UTC, as the page says.</summary>
    static string? AddZone(string? text) => string.IsNullOrWhiteSpace(text) || text.EndsWith('Z') ? text : text + (text.Length == 16 ? ":00Z" : "Z");
}
