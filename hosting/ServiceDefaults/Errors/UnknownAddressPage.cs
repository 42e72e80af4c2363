using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace JobSystem.ServiceDefaults.Errors;

/// <summary>404 page for browsers, with a link to the start page. Other clients get a problem document.</summary>
static class UnknownAddressPage
{
    const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'";

    static byte[] Page(string pathBase) => Encoding.UTF8.GetBytes($$"""
        <!DOCTYPE html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Not found - JobSystem</title>
        <style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}</style></head>
        <body><h1>There is nothing at this address</h1>
        <p><a href="{{pathBase}}/">To the first page</a> or <a href="{{pathBase}}/docs">to the description of the API</a>.</p></body>
        </html>
        """);

    /// <summary>Runs after routing and before authentication.</summary>
    public static void UseUnknownAddressPage(this IApplicationBuilder app) =>
        app.Use((http, next) =>
            http.GetEndpoint() is null && HttpMethods.IsGet(http.Request.Method) && WantsPage(http.Request) ? Show(http) : next(http));

    /// <summary>True for browsers, which accept HTML and not JSON.</summary>
    internal static bool WantsPage(HttpRequest request)
    {
        if (!request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
            || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted))
        {
            return false;
        }
        double Quality(Func<string, bool> fits) =>
            accepted.Where(x => fits(x.MediaType.Value ?? "")).Select(x => x.Quality ?? 1).DefaultIfEmpty(0).Max();
        var html = Quality(x => x.Equals("text/html", StringComparison.OrdinalIgnoreCase));
        return html > 0 && html >= Quality(x => x.EndsWith("json", StringComparison.OrdinalIgnoreCase));
    }

    static async Task Show(HttpContext http)
    {
        var response = http.Response;
        var page = Page(http.Request.PathBase.ToUriComponent());
        response.StatusCode = StatusCodes.Status404NotFound;
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = page.Length;
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.CacheControl = "no-store";
        await response.Body.WriteAsync(page, http.RequestAborted);
    }
}
