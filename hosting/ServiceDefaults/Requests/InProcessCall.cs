namespace JobSystem.ServiceDefaults.Requests;

/// <summary>A call of an endpoint from the same process: its body and its response are handed over without being written and read again.</summary>
sealed class InProcessCall
{
    /// <summary>JSON; null for no body.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The record of the response, if it has one.</summary>
    public object? Record { get; set; }
}
