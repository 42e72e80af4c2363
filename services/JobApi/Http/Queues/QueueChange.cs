using System.Text.Json;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;

namespace JobSystem.JobApi.Http.Queues;

/// <summary>The members of a PUT request: absent members are not changed, null removes a value.</summary>
static class QueueChange
{
    const int MostConcurrency = 100_000;
    const int MostRate = 1_000_000;
    const double LongestPeriod = 86_400;

    public static QueueSettings Read(JsonElement body, JobLimits limits, FieldErrors errors)
    {
        var change = new QueueSettings();
        ObjectReader.Read(body, errors, ["description", "max_concurrency", "rate_limit"], (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            change = name switch
            {
                "description" => change with { Description = new(field.Prose(limits.DescriptionLength)) },
                "max_concurrency" => change with { MaxConcurrency = new(field.Whole(1, MostConcurrency)) },
                _ => change with { Rate = new(field.IsNull ? null : ReadRate(value, errors)) },
            };
        });
        return change;
    }

    static RateLimit? ReadRate(JsonElement value, FieldErrors errors)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            errors.Expected("rate_limit", "an object of limit and period, or null", value);
            return null;
        }
        var (limit, period) = ((int?)null, (double?)null);
        var missing = new HashSet<string> { "limit", "period" };
        ObjectReader.Read(value, errors, ["limit", "period"], (name, member) =>
        {
            var field = new FieldReader($"rate_limit.{name}", member, errors);
            if (field.IsNull)
            {
                return;
            }
            missing.Remove(name);
            if (name == "limit")
            {
                limit = field.Whole(1, MostRate);
            }
            else
            {
                period = field.Seconds(LongestPeriod, zero: false);
            }
        }, "rate_limit.");
        foreach (var name in missing)
        {
            errors.Expected($"rate_limit.{name}", name == "limit" ? "the number of starts in a period" : "the length of a period in seconds", "nothing");
        }
        return limit is { } starts && period is { } seconds ? new(starts, seconds) : null;
    }
}
