using Microsoft.Extensions.Options;

namespace JobSystem.Client.EntityFrameworkCore;

/// <summary>Says what is wrong with the options of an outbox.</summary>
/// <param name="context">Name of the context's type, which is the options' name.</param>
sealed class OutboxOptionsValidation(string context) : IValidateOptions<OutboxOptions>
{
    public ValidateOptionsResult Validate(string? name, OutboxOptions options)
    {
        if (name != context)
        {
            return ValidateOptionsResult.Skip;
        }
        var problems = Problems(options).Select(x => $"Outbox of {context}: {x}").ToList();
        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    static IEnumerable<string> Problems(OutboxOptions options)
    {
        if (options.BatchSize is < 1 or > OutboxOptions.MaxBatchSize)
        {
            yield return $"BatchSize: expected 1 to {OutboxOptions.MaxBatchSize}, got {options.BatchSize}";
        }
        if (options.PollInterval <= TimeSpan.Zero)
        {
            yield return $"PollInterval: expected more than zero, got {options.PollInterval}";
        }
        if (options.Lease < OutboxOptions.ShortestLease)
        {
            yield return $"Lease: expected at least {OutboxOptions.ShortestLease}, got {options.Lease}";
        }
        if (options.Retention < TimeSpan.Zero)
        {
            yield return $"Retention: expected zero or more, got {options.Retention}";
        }
    }
}
