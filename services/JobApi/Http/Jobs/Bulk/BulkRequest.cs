using System.Text.Json;
using JobSystem.JobApi.Http.Jobs.Lists;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Http.Jobs.Bulk;

/// <summary>The jobs of a bulk call and its parameters.</summary>
public sealed record BulkRequest
{
    /// <summary>Null if the jobs are selected by a filter.</summary>
    public IReadOnlyList<string>? Ids { get; init; }

    public JobFilter Filter { get; init; } = new();

    /// <summary>An empty filter is allowed and matches all jobs.</summary>
    public bool All { get; init; }

    /// <summary>Only counts the jobs, without changing them.</summary>
    public bool DryRun { get; init; }

    /// <summary>Only for cancel.</summary>
    public string? Reason { get; init; }

    /// <summary>Only for retry.</summary>
    public TimeSpan Delay { get; init; }

    /// <param name="extra">The member that only this call has, if any.</param>
    public static BulkRequest Read(JsonElement body, JobLimits limits, FieldErrors errors, string? extra)
    {
        var request = new BulkRequest();
        var hasFilter = false;
        string[] known = ["ids", "filter", "all", "dry_run", .. extra is null ? (string[])[] : [extra]];
        ObjectReader.Read(body, errors, known, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            if (name == "filter" && !field.IsNull)
            {
                hasFilter = true;
                request = request with { Filter = ReadFilter(value, errors) };
                return;
            }
            request = name switch
            {
                "ids" when !field.IsNull => request with { Ids = ReadIds(value, limits, errors) },
                "all" => request with { All = field.Flag() ?? false },
                "dry_run" => request with { DryRun = field.Flag() ?? false },
                "reason" => request with { Reason = field.Prose(limits.ReasonLength) },
                "delay" => request with { Delay = TimeSpan.FromSeconds(field.Seconds(limits.AheadSeconds, zero: true) ?? 0) },
                _ => request,
            };
        });
        request.Check(hasFilter, errors);
        return request;
    }

    void Check(bool hasFilter, FieldErrors errors)
    {
        if (errors.Any)
        {
            return;
        }
        if (Ids is not null && (hasFilter || All))
        {
            errors.Add(hasFilter ? "filter" : "all", $"expected only one of ids and {(hasFilter ? "filter" : "all")}; got both");
        }
        else if (Ids is null && !All && Filter.NamesNothing)
        {
            errors.Expected("filter", "ids, a filter with at least one condition, or \"all\": true for every job", hasFilter ? "an empty filter" : "nothing");
        }
    }

    static JobFilter ReadFilter(JsonElement value, FieldErrors errors)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            return JobFilterReader.Read(value, "filter.", errors);
        }
        errors.Expected("filter", "an object", value);
        return new();
    }

    static List<string> ReadIds(JsonElement value, JobLimits limits, FieldErrors errors)
    {
        var count = value.ValueKind == JsonValueKind.Array ? value.GetArrayLength() : -1;
        if (count < 1 || count > limits.BatchJobs)
        {
            errors.Expected("ids", $"an array of 1 to {limits.BatchJobs} job ids", count < 0 ? FieldErrors.Show(value) : $"{count}");
            return [];
        }
        var ids = new List<string>(count);
        foreach (var item in value.EnumerateArray())
        {
            if (new FieldReader($"ids[{ids.Count}]", item, errors).Text(JobIds.Expected, _ => true) is not { } id)
            {
                errors.Expected($"ids[{ids.Count}]", JobIds.Expected, item);
                return [];
            }
            ids.Add(id);
        }
        return [.. ids.Distinct(StringComparer.Ordinal)];
    }
}
