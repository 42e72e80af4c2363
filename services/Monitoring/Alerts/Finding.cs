using JobSystem.Api;

namespace JobSystem.Monitoring.Alerts;

/// <summary>Something that is wrong in one report.</summary>
/// <param name="Name">One of <see cref="AlertNames"/>.</param>
/// <param name="Subject">The queue or worker that it is about, if it is about one.</param>
/// <param name="Severity">One of <see cref="AlertSeverities"/>.</param>
/// <param name="Value">The measured value, where one is measured.</param>
/// <param name="Threshold">The value from which on it is wrong.</param>
public sealed record Finding(string Name, string? Subject, string Severity, string Message, double? Value = null, double? Threshold = null);

/// <summary>The findings of one evaluation.</summary>
/// <param name="All">What is wrong.</param>
/// <param name="Unknown">Names of the alerts that could not be evaluated, because the response that they need is missing.</param>
public sealed record Findings(IReadOnlyList<Finding> All, IReadOnlySet<string> Unknown);
