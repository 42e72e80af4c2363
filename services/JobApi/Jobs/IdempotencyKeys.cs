namespace JobSystem.JobApi.Jobs;

/// <summary>Reads idempotency keys from the body or the header <c>Idempotency-Key</c>.</summary>
public static class IdempotencyKeys
{
    public const string Header = "Idempotency-Key";
    public const string Expected = "1 to 255 printable characters";

    public static bool IsWellFormed(string key)
    {
        if (key.Length is 0 or > 255)
        {
            return false;
        }
        foreach (var c in key)
        {
            if (c is < '!' or > '~' && !(c == ' ' && key.AsSpan().Trim().Length == key.Length))
            {
                return false;
            }
        }
        return true;
    }
}
