using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace JobSystem.ServiceDefaults.Requests;

/// <summary>A problem with fields of a request. Its detail names the first one; another surface writes the detail again with its own name of the field.</summary>
public sealed class FieldProblem : ProblemDetails
{
    readonly string failed;
    readonly string? field;
    readonly string message;

    /// <param name="failed">The operation that failed, as <c>Failed to create job</c>.</param>
    /// <param name="field">The first field; null if the message says everything.</param>
    /// <param name="message">What is wrong with that field.</param>
    /// <param name="errors">The messages of all fields.</param>
    public FieldProblem(int status, string code, string failed, string? field, string message, IReadOnlyDictionary<string, string[]> errors)
    {
        (this.failed, this.field, this.message) = (failed, field, message);
        Status = status;
        Detail = Describe(x => x);
        Extensions["code"] = code;
        Extensions["errors"] = errors;
    }

    public static ProblemHttpResult Result(int status, string code, string failed, string field, string message) =>
        TypedResults.Problem(new FieldProblem(status, code, failed, field, message, new Dictionary<string, string[]> { [field] = [message] }));

    /// <summary>The detail with another name of the field.</summary>
    public string Describe(Func<string, string> rename) => field is null ? $"{failed}: {message}" : $"{failed}: {rename(field)}: {message}";
}
