namespace JobSystem.Surface.Tests;

/// <summary>One call as its document shows it.</summary>
/// <param name="Call">Method and path. <c>{completed}</c>, <c>{failed}</c>, <c>{pending}</c>, <c>{scheduled}</c> and the like stand for an id in that state, made for this call.</param>
/// <param name="Body">The example request; null for none.</param>
/// <param name="Answer">The example answer; null for none.</param>
/// <param name="Says">Members of the answer that have exactly this value: <c>status=cancelled</c>.</param>
public sealed record Row(string Call, string? Body, int Status, string? Answer, params string[] Says)
{
    public string Method => Call.Split(' ')[0];
    public string Path => Call.Split(' ')[1];

    public override string ToString() => Call + (Body is null ? "" : " " + Body.ReplaceLineEndings(" ")[..Math.Min(60, Body.Length)]);
}
