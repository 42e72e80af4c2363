using System.Data.Common;
using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>
/// Converts exceptions to error responses: 4xx for errors of the caller, 503 for an unavailable database or broker, otherwise 500 without
/// details.
/// </summary>
sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        var problem = Describe(exception);
        LogFailure(httpContext.Request, exception, problem.Status);
        httpContext.Response.StatusCode = problem.Status!.Value;
        return await problems.TryWriteAsync(new() { HttpContext = httpContext, ProblemDetails = problem, Exception = exception });
    }

    internal static ProblemDetails Describe(Exception exception) => exception switch
    {
        BadHttpRequestException bad => Describe(bad),
        _ when WhatIsMissing(exception) is { } detail =>
            Problems.Details(StatusCodes.Status503ServiceUnavailable, "service_unavailable", detail),
        _ => new() { Status = StatusCodes.Status500InternalServerError },
    };

    static ProblemDetails Describe(BadHttpRequestException bad) => bad switch
    {
        {
            StatusCode: StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType
            or StatusCodes.Status408RequestTimeout
        } =>
            new() { Status = bad.StatusCode },
        { StatusCode: StatusCodes.Status400BadRequest, InnerException: null } =>
            Problems.Details(StatusCodes.Status400BadRequest, "bad_request", BindingMessages.Readable(bad.Message)),
        _ => new() { Status = bad.StatusCode },
    };

    static string? WhatIsMissing(Exception exception)
    {
        for (var error = exception; error is not null; error = error.InnerException)
        {
            var missing = error switch
            {
                PostgresException { SqlState: "57P01" or "57P02" or "57P03" or "57P05" } =>
                    "The database is restarting; repeat the request.",
                SqliteException { SqliteErrorCode: 5 or 6 } => "The database is busy; repeat the request.",
                DbException { IsTransient: true } => "The database cannot be reached right now; repeat the request.",
                NpgsqlException { InnerException: SocketException or IOException or TimeoutException } =>
                    "The database cannot be reached right now; repeat the request.",
                MassTransit.ConnectionException or RabbitMQ.Client.Exceptions.RabbitMQClientException =>
                    "The message broker cannot be reached right now; repeat the request.",
                TimeoutException or OperationCanceledException => "The request could not be finished in time; repeat it.",
                _ => null,
            };
            if (missing is not null)
            {
                return missing;
            }
        }

        return null;
    }

    void LogFailure(HttpRequest request, Exception exception, int? status)
    {
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            LogUnavailable(request.Method, request.Path, exception.GetBaseException().Message);
        }
        else if (status >= StatusCodes.Status500InternalServerError)
        {
            LogFailed(request.Method, request.Path, exception);
        }
    }

    [LoggerMessage(1001, LogLevel.Warning, "{Method} {Path} answered 503: {Reason}")]
    partial void LogUnavailable(string method, string path, string reason);

    [LoggerMessage(1002, LogLevel.Error, "{Method} {Path} failed")]
    partial void LogFailed(string method, string path, Exception exception);
}
