using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>
/// Creates error responses (RFC 9457). docs/errors.md lists the codes; <see cref="ProblemWriter"/> adds type, title and trace id.
/// </summary>
public static class Problems
{
    /// <summary>A 400 response with the messages per field; the detail repeats the first one.</summary>
    public static ProblemHttpResult Validation(IReadOnlyDictionary<string, string[]> errors, string? detail = null)
    {
        var problem = Details(StatusCodes.Status400BadRequest, "validation_failed", detail ?? Summary(errors));
        problem.Extensions["errors"] = errors;
        return TypedResults.Problem(problem);
    }

    /// <summary>400 for one field.</summary>
    public static ProblemHttpResult Validation(string field, string message) =>
        Validation(new Dictionary<string, string[]> { [field] = [message] });

    public static ProblemHttpResult BadRequest(string detail, string code = "bad_request") =>
        Create(StatusCodes.Status400BadRequest, code, detail);

    public static ProblemHttpResult NotFound(string detail, string code = "not_found") =>
        Create(StatusCodes.Status404NotFound, code, detail);

    public static ProblemHttpResult Conflict(string detail, string code = "conflict") =>
        Create(StatusCodes.Status409Conflict, code, detail);

    public static ProblemHttpResult Forbidden(string detail) => Create(StatusCodes.Status403Forbidden, "forbidden", detail);

    public static ProblemHttpResult Unprocessable(string detail, string code) =>
        Create(StatusCodes.Status422UnprocessableEntity, code, detail);

    /// <summary>A 503 response with a Retry-After header.</summary>
    public static ProblemHttpResult Unavailable(string detail) =>
        Create(StatusCodes.Status503ServiceUnavailable, "service_unavailable", detail);

    public static ProblemHttpResult Create(int status, string code, string detail) => TypedResults.Problem(Details(status, code, detail));

    /// <summary>The problem without a result, for callers that add members of their own.</summary>
    public static ProblemDetails Details(int status, string code, string detail) =>
        new() { Status = status, Detail = detail, Extensions = { ["code"] = code } };

    static string Summary(IReadOnlyDictionary<string, string[]> errors)
    {
        var first = errors.FirstOrDefault(error => error.Value.Length > 0);
        return first.Value is null ? "The request is not valid."
            : first.Key.Length == 0 ? first.Value[0]
            : $"{first.Key}: {first.Value[0]}";
    }
}
