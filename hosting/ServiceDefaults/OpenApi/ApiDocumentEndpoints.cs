using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Scalar.AspNetCore;

namespace JobSystem.ServiceDefaults.OpenApi;

/// <summary>An assembly with embedded <c>*.openapi.json</c> files that describe its routes.</summary>
public sealed record ApiDescription(Assembly Assembly);

public static class ApiDocumentEndpoints
{
    /// <summary>Path of the OpenAPI document: of the process's own routes, and on the gateway of all services.</summary>
    public const string Path = "/openapi/v1.json";

    static readonly JsonSerializerOptions readable =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    public static IServiceCollection AddApiDescription(this IServiceCollection services, Assembly assembly) =>
        services.AddSingleton(new ApiDescription(assembly));

    /// <summary>Public, because it contains no data of the system.</summary>
    public static void MapApiDocument(this IEndpointRouteBuilder app)
    {
        // One for each path of an application below which it is served
        var documents = new ConcurrentDictionary<string, byte[]>();
        app.MapGet(Path, (HttpContext http) =>
        {
            var document = documents.GetOrAdd(http.Request.PathBase.ToUriComponent(), pathBase => Write(ApiDocument.Build(
                app.ServiceProvider.GetRequiredService<EndpointDataSource>(), app.ServiceProvider.GetServices<ApiDescription>(), pathBase + "/")));
            return TypedResults.Bytes(document, "application/json", entityTag: EntityTags.Compute(document));
        }).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The interactive API reference, without external resources.</summary>
    public static void MapApiReference(this IEndpointRouteBuilder app) =>
        app.MapScalarApiReference("/docs", reference => reference
            .WithTitle("JobSystem API")
            .WithOpenApiRoutePattern(Path)
            .DisableDefaultFonts()
            .HideDeveloperTools()
            .DisableAgent()
            .DisableMcp()
            .DisableTelemetry()
            .AddPreferredSecuritySchemes("api_key")).AllowAnonymous();

    public static byte[] Write(JsonNode document) => JsonSerializer.SerializeToUtf8Bytes(document, readable);
}
