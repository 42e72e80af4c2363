using Microsoft.AspNetCore.Http;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>A result that knows its error code.</summary>
interface ICodedResult : IStatusCodeHttpResult
{
    /// <summary>Null if the response is not an error.</summary>
    string? Code { get; }
}
